import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { nextMonth } from '@wewrite/contracts';
import {
  closeNovember,
  decide,
  differences,
  dispute,
  entryKeys,
  payForNovember,
  paymentOf,
  refund,
  repeatEvents,
  sayAdjusted,
  sayReversed,
} from './reversal-story.ts';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

const disputeEvents = [
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.closed',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
];
const feeCents = 1_500;

let billing: RunningBilling;
beforeEach(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
  await payForNovember(billing);
});
afterEach(async () => {
  expect(differences(billing)).toEqual([]);
  // Whatever happened, the ledger has what Stripe has.
  const balance = await billing.stripe.balance.retrieve();
  const standing = await billing.standing('stripe:payments');
  expect(standing['stripe:payments']).toBe(balance.available[0]?.amount);
  await billing.stop();
});

const disputed = () => billing.standing('stripe:disputed', 'losses:disputes', 'supporter_funds:ben:2026-11');

describe('a dispute before the cutoff', () => {
  test('E5: while it is open its payment is out of the paid budget; won in time, it is in it again', async () => {
    const id = await dispute(billing, 'ben');
    expect(billing.budget('ben', november)).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    expect(await disputed()).toEqual({
      'stripe:disputed': 800,
      'losses:disputes': feeCents,
      'supporter_funds:ben:2026-11': 800,
    });
    await decide(billing, id, 'winning');
    expect(billing.budget('ben', november)).toEqual({ paidCents: 800, openCents: 0, funding: 'paid' });
    expect(await disputed()).toEqual({
      'stripe:disputed': 0,
      'losses:disputes': feeCents,
      'supporter_funds:ben:2026-11': 800,
    });
    await billing.at('2026-12-01T00:30:00.000Z');
    expect(billing.closing(november)).toMatchObject({ supporters: 3, paidCents: 2_000 });
  });

  test('E5: lost in time, its payment is gone', async () => {
    await decide(billing, await dispute(billing, 'ben'), 'losing');
    expect(billing.budget('ben', november)).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    expect(await disputed()).toEqual({
      'stripe:disputed': 0,
      'losses:disputes': feeCents,
      'supporter_funds:ben:2026-11': 0,
    });
  });

  test('E5: open at the cutoff it stays out, and its funds are left; won later, they credit the running month', async () => {
    await billing.subscribe('dora', 500);
    const id = await dispute(billing, 'dora');
    await closeNovember(billing);
    expect(billing.closing(november)).toMatchObject({ supporters: 3, paidCents: 2_000 });
    expect(await billing.standing('supporter_funds:dora:2026-11')).toEqual({ 'supporter_funds:dora:2026-11': 500 });
    await billing.at('2026-12-02T00:00:00.000Z');
    await decide(billing, id, 'winning');
    expect(billing.budget('dora', december)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
    expect(await billing.standing('supporter_funds:dora:2026-11', 'supporter_funds:dora:2026-12')).toEqual({
      'supporter_funds:dora:2026-11': 0,
      'supporter_funds:dora:2026-12': 1_000,
    });
    expect(billing.said.reversals).toEqual([]);
  });

  test('E5, A9: what is won by whom no subscription is left is the running month’s alone: the next is said to have none', async () => {
    await billing.subscribe('dora', 500);
    const id = await dispute(billing, 'dora');
    await billing.call('dora', 'DELETE', '/v1/subscription');
    await closeNovember(billing);
    await billing.at('2026-12-02T00:00:00.000Z');
    await decide(billing, id, 'winning');
    expect(billing.budget('dora', december)).toEqual({ paidCents: 500, openCents: 0, funding: 'paid' });
    expect(billing.budget('dora', nextMonth(december))).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    const said = billing.said.funding.flatMap((each) => (each.part === 'budget' ? [each] : []));
    const ofDora = said.filter(({ userId }) => userId === 'dora').map(({ month }) => month);
    expect(ofDora.slice(-2)).toEqual([nextMonth(december), december]);
  });

  test('E5: what was won for the running month is taken back of that one, open and once it is over', async () => {
    await billing.subscribe('dora', 500);
    const first = await dispute(billing, 'dora');
    const payment = { payment_intent: await paymentOf(billing, 'dora') };
    await closeNovember(billing);
    await billing.at('2026-12-02T00:00:00.000Z');
    await decide(billing, first, 'winning');
    expect(billing.budget('dora', december)).toMatchObject({ paidCents: 1_000 });
    await billing.control('POST', '/_sandbox/disputes', { ...payment, amount: 200 });
    await billing.settled();
    expect(billing.budget('dora', december)).toMatchObject({ paidCents: 800 });
    await billing.at('2027-01-01T00:30:00.000Z');
    const funded = billing.closing(december)?.paidCents;
    await billing.control('POST', '/_sandbox/disputes', { ...payment, amount: 300 });
    await billing.settled();
    expect(billing.closing(december)?.paidCents).toBe(funded);
    expect(billing.said.reversals).toMatchObject([{ kind: 'dispute_opened', month: '2026-12', amountCents: 300 }]);
    const { data } = await billing.stripe.disputes.list(payment);
    for (const { id, status } of data) if (status === 'needs_response') await decide(billing, id, 'losing');
    const [, lost] = billing.said.reversals;
    const reversal = { reversalId: lost?.reversalId ?? '', kind: 'dispute_lost' as const };
    await sayReversed(
      billing,
      { ...reversal, settles: billing.said.reversals[0]?.reversalId ?? null },
      { userId: 'dora', grossCents: 0, feeCents: 0, unallocatedCents: 300 },
    );
    expect(await billing.standing('stripe:disputed', 'supporter_funds:dora:2026-11')).toEqual({
      'stripe:disputed': 0,
      'supporter_funds:dora:2026-11': 0,
    });
    const { body } = await billing.call('admin', 'GET', '/v1/ledger/entries?kind=dispute_lost');
    expect(body).toMatchObject({
      entries: [
        { corrects: expect.stringMatching(/^dispute_won:/) },
        { corrects: expect.stringMatching(/^dispute_won:/) },
      ],
    });
  });

  test('E5: open at the cutoff and lost later, it takes the funds that were left', async () => {
    await billing.subscribe('dora', 500);
    const id = await dispute(billing, 'dora');
    await closeNovember(billing);
    await decide(billing, id, 'losing');
    expect(await billing.standing('supporter_funds:dora:2026-11', 'stripe:disputed')).toEqual({
      'supporter_funds:dora:2026-11': 0,
      'stripe:disputed': 0,
    });
    expect(billing.said.reversals).toEqual([]);
  });
});

describe('a dispute after the lock', () => {
  test('E5: open it is said, to be held; lost it is taken back from where the money went', async () => {
    await closeNovember(billing);
    const before = await billing.standing(
      'creator_obligations',
      'platform_revenue:fees',
      'platform_revenue:unallocated',
    );
    const id = await dispute(billing, 'ben');
    const [opened] = billing.said.reversals;
    expect(opened).toMatchObject({ kind: 'dispute_opened', settles: null, amountCents: 800, stripeId: id });
    const sums = { userId: 'ben', grossCents: 500, feeCents: 35, unallocatedCents: 300 };
    const openedId = opened?.reversalId ?? '';
    await sayReversed(billing, { reversalId: openedId, kind: 'dispute_opened', stripeId: id }, sums);
    expect(await billing.standing('stripe:disputed', 'creator_obligations')).toEqual({
      'stripe:disputed': 800,
      creator_obligations: before.creator_obligations,
    });
    await decide(billing, id, 'losing');
    const lost = billing.said.reversals[1];
    expect(lost).toMatchObject({ kind: 'dispute_lost', settles: openedId, amountCents: 800 });
    const lostId = lost?.reversalId ?? '';
    await sayReversed(billing, { reversalId: lostId, kind: 'dispute_lost', settles: openedId, stripeId: id }, sums);
    await sayAdjusted(billing, 'dispute_lost', lostId, { fall: 465, rise: 0 });
    expect(
      await billing.standing(
        'stripe:disputed',
        'losses:disputes',
        'creator_obligations',
        'platform_revenue:fees',
        'platform_revenue:unallocated',
      ),
    ).toEqual({
      'stripe:disputed': 0,
      'losses:disputes': feeCents,
      creator_obligations: before.creator_obligations - 465,
      'platform_revenue:fees': before['platform_revenue:fees'] - 35,
      'platform_revenue:unallocated': before['platform_revenue:unallocated'] - 300,
    });
  });

  test('E5: won it is said as what it settles, and only the fee is lost', async () => {
    await closeNovember(billing);
    const id = await dispute(billing, 'ben');
    await decide(billing, id, 'winning');
    const [opened, won] = billing.said.reversals;
    expect(won).toMatchObject({ kind: 'dispute_won', settles: opened?.reversalId, amountCents: 800 });
    expect(await billing.standing('stripe:disputed', 'losses:disputes')).toEqual({
      'stripe:disputed': 0,
      'losses:disputes': feeCents,
    });
  });

  test('E5: won for less than was withdrawn, the rest is our loss and nothing stays disputed', async () => {
    await closeNovember(billing);
    await decide(billing, await dispute(billing, 'ben'), 'winning', { reinstated: 700 });
    expect(billing.said.reversals.at(-1)).toMatchObject({ kind: 'dispute_won', amountCents: 800 });
    expect(await billing.standing('stripe:disputed', 'losses:disputes')).toEqual({
      'stripe:disputed': 0,
      'losses:disputes': feeCents + 100,
    });
  });

  test('E1: its events ten times, in reversed order, change nothing', async () => {
    await closeNovember(billing);
    await decide(billing, await dispute(billing, 'ben'), 'losing');
    await decide(billing, await dispute(billing, 'anna'), 'winning');
    const before = await entryKeys(billing);
    const said = [...billing.said.reversals];
    await repeatEvents(billing, disputeEvents);
    expect(await entryKeys(billing)).toEqual(before);
    expect(billing.said.reversals).toEqual(said);
    // What writers and the platform bear of ben's is posted as earnings and payouts tell of it.
    expect(await billing.standing('stripe:disputed')).toEqual({ 'stripe:disputed': 800 });
  });
});

describe('a payment that is refunded in part and then disputed', () => {
  test('E5: is reversed in the order of Stripe’s time, whatever event comes first', async () => {
    const { data: endpoints } = await billing.stripe.webhookEndpoints.list();
    for (const endpoint of endpoints) await billing.stripe.webhookEndpoints.del(endpoint.id);
    await refund(billing, 'ben', 300);
    await billing.at('2026-11-01T00:10:00.000Z');
    await dispute(billing, 'ben');
    expect(billing.budget('ben', november)).toMatchObject({ paidCents: 800 });
    await repeatEvents(billing, ['charge.dispute.created']);
    await repeatEvents(billing, ['refund.created']);
    expect(billing.budget('ben', november)).toMatchObject({ paidCents: 0 });
    expect(await billing.standing('suspense', 'stripe:disputed', 'supporter_funds:ben:2026-11')).toEqual({
      suspense: 0,
      'stripe:disputed': 800,
      'supporter_funds:ben:2026-11': 500,
    });
  });
});

describe('what is no dispute', () => {
  test('E5: an inquiry moves nothing; lost, it is a dispute', async () => {
    const before = await entryKeys(billing);
    const id = await dispute(billing, 'ben', { inquiry: true });
    expect(billing.budget('ben', november)).toMatchObject({ paidCents: 800 });
    expect(await entryKeys(billing)).toEqual(before);
    await decide(billing, id, 'losing');
    expect(billing.budget('ben', november)).toMatchObject({ paidCents: 0 });
  });

  test('E5: a warning of fraud moves nothing', async () => {
    const before = await entryKeys(billing);
    await billing.control('POST', '/_sandbox/early_fraud_warnings', {
      payment_intent: await paymentOf(billing, 'ben'),
    });
    await billing.settled();
    expect(await entryKeys(billing)).toEqual(before);
    expect(billing.budget('ben', november)).toMatchObject({ paidCents: 800 });
  });
});
