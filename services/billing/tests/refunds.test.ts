import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  closeNovember,
  differences,
  entryKeys,
  payForNovember,
  paymentOf,
  refund,
  repeatEvents,
  sayAdjusted,
  sayReversed,
} from './reversal-story.ts';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

const refundEvents = ['refund.created', 'refund.updated', 'refund.failed'];

let billing: RunningBilling;
beforeEach(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
});
afterEach(async () => {
  expect(differences(billing)).toEqual([]);
  await billing.stop();
});

describe('a refund before the cutoff', () => {
  test('E7: it lowers the paid budget and the supporter’s funds, and the month closes with the rest', async () => {
    await payForNovember(billing);
    const before = await billing.standing('stripe:payments', 'supporter_funds:anna:2026-11');
    await refund(billing, 'anna', 400);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 600, openCents: 0, funding: 'paid' });
    expect(await billing.standing('stripe:payments', 'supporter_funds:anna:2026-11')).toEqual({
      'stripe:payments': before['stripe:payments'] - 400,
      'supporter_funds:anna:2026-11': 600,
    });
    await billing.at('2026-12-01T00:30:00.000Z');
    expect(billing.closing(november)).toMatchObject({ supporters: 3, paidCents: 1_600 });
    expect(billing.said.reversals).toEqual([]);
  });

  test('E7: in full it leaves a month without funding', async () => {
    await payForNovember(billing);
    await refund(billing, 'anna');
    expect(billing.budget('anna', november)).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    await billing.at('2026-12-01T00:30:00.000Z');
    expect(billing.closing(november)).toMatchObject({ supporters: 2, paidCents: 1_000 });
  });

  test('E5: one that fails is undone by a new entry that names it', async () => {
    await payForNovember(billing);
    await billing.subscribe('dora', 500, 'pm_card_refundFail');
    const before = await billing.standing('stripe:payments', 'supporter_funds:dora:2026-11');
    await refund(billing, 'dora');
    expect(billing.budget('dora', november)).toEqual({ paidCents: 500, openCents: 0, funding: 'paid' });
    expect(await billing.standing('stripe:payments', 'supporter_funds:dora:2026-11')).toEqual(before);
    const { body } = await billing.call('admin', 'GET', '/v1/ledger/entries?kind=refund_failed');
    expect(body).toMatchObject({ entries: [{ corrects: expect.stringMatching(/^refund:/), amountCents: 500 }] });
  });

  test('B7: one that no event told of is found when the month’s funding closes', async () => {
    await payForNovember(billing);
    const { data } = await billing.stripe.webhookEndpoints.list();
    for (const endpoint of data) await billing.stripe.webhookEndpoints.del(endpoint.id);
    await refund(billing, 'anna', 400);
    expect(billing.budget('anna', november)?.paidCents).toBe(1_000);
    await billing.at('2026-12-01T00:30:00.000Z');
    expect(billing.closing(november)).toMatchObject({ paidCents: 1_600 });
  });

  test('E1: the same events ten times, in reversed order, change nothing', async () => {
    await payForNovember(billing);
    await refund(billing, 'anna', 400);
    await refund(billing, 'anna', 100);
    const before = await entryKeys(billing);
    await repeatEvents(billing, refundEvents);
    expect(await entryKeys(billing)).toEqual(before);
    expect(billing.budget('anna', november)?.paidCents).toBe(500);
  });
});

describe('a refund after the cutoff', () => {
  test('E7: a second after it, the paid budget stays, and the refund is said for earnings to spread', async () => {
    await payForNovember(billing);
    await billing.at('2026-12-01T00:00:01.000Z');
    const refundId = await refund(billing, 'ben', 100);
    await billing.at('2026-12-01T00:30:00.000Z');
    expect(billing.closing(november)).toMatchObject({ paidCents: 2_000 });
    expect(billing.said.reversals).toEqual([
      expect.objectContaining({
        kind: 'refund',
        userId: 'ben',
        month: '2026-11',
        amountCents: 100,
        stripeId: refundId,
      }),
    ]);
  });

  test('E5: in three parts it takes back fees, unallocated money and what writers were owed, to the cent', async () => {
    await payForNovember(billing);
    await closeNovember(billing);
    const accounts = [
      'stripe:payments',
      'creator_obligations',
      'creator_receivables',
      'platform_revenue:fees',
      'platform_revenue:unallocated',
    ] as const;
    const before = await billing.standing(...accounts);
    for (const amount of [300, 300, 200]) await refund(billing, 'ben', amount);
    const parts = [...billing.said.reversals];
    expect(parts.map(({ amountCents, settles }) => [amountCents, settles])).toEqual([
      [300, null],
      [300, null],
      [200, null],
    ]);
    // ben allocated 500 of his 800: 35 of it were fees.
    const spread = [
      { grossCents: 188, feeCents: 13, unallocatedCents: 112 },
      { grossCents: 187, feeCents: 13, unallocatedCents: 113 },
      { grossCents: 125, feeCents: 9, unallocatedCents: 75 },
    ];
    for (const [index, { reversalId }] of parts.entries()) {
      const sums = spread[index] ?? { grossCents: 0, feeCents: 0, unallocatedCents: 0 };
      await sayReversed(billing, { reversalId, kind: 'refund' }, { userId: 'ben', ...sums });
      // wanda was paid before the last one: that she owes.
      const netCents = sums.grossCents - sums.feeCents;
      const isPaid = index === 2;
      await sayAdjusted(billing, 'refund', reversalId, { fall: isPaid ? 0 : netCents, rise: isPaid ? netCents : 0 });
    }
    const after = await billing.standing(...accounts);
    expect(after).toEqual({
      'stripe:payments': before['stripe:payments'] - 800,
      creator_obligations: before.creator_obligations - 349,
      creator_receivables: 116,
      'platform_revenue:fees': before['platform_revenue:fees'] - 35,
      'platform_revenue:unallocated': before['platform_revenue:unallocated'] - 300,
    });
    const balance = await billing.stripe.balance.retrieve();
    expect(after['stripe:payments']).toBe(balance.available[0]?.amount);
    const { body } = await billing.call('admin', 'GET', '/v1/ledger/entries?kind=refund');
    const { entries } = body as { entries: { corrects: string | null }[] };
    expect(entries.length).toBe(9);
    expect(entries.every(({ corrects }) => corrects?.startsWith('subscription_payment:') === true)).toBe(true);
  });

  test('E5: one that fails is said as what it undoes, and the books are as before', async () => {
    await billing.control('POST', '/_sandbox/topups', { amount: 10_000 });
    await billing.subscribe('anna', 1_000, 'pm_card_refundFail');
    await billing.subscribe('ben', 800);
    await billing.subscribe('cleo', 200);
    await closeNovember(billing);
    const before = await billing.standing('stripe:payments', 'creator_obligations', 'platform_revenue:fees');
    await refund(billing, 'anna', 100);
    const [made, failed] = billing.said.reversals;
    expect(failed).toMatchObject({ kind: 'refund_failed', settles: made?.reversalId, amountCents: 100 });
    const sums = { userId: 'anna', grossCents: 100, feeCents: 7, unallocatedCents: 0 };
    await sayReversed(billing, { reversalId: made?.reversalId ?? '', kind: 'refund' }, sums);
    await sayAdjusted(billing, 'refund', made?.reversalId ?? '', { fall: 93, rise: 0 });
    const settles = made?.reversalId ?? '';
    await sayReversed(billing, { reversalId: failed?.reversalId ?? '', kind: 'refund_failed', settles }, sums);
    await sayAdjusted(billing, 'refund_failed', failed?.reversalId ?? '', { fall: -93, rise: 0 });
    expect(await billing.standing('stripe:payments', 'creator_obligations', 'platform_revenue:fees')).toEqual(before);
  });

  test('E1: the same events ten times, in reversed order, say nothing again', async () => {
    await payForNovember(billing);
    await closeNovember(billing);
    await refund(billing, 'ben', 300);
    await refund(billing, 'ben', 200);
    const before = [...billing.said.reversals];
    await repeatEvents(billing, refundEvents);
    expect(billing.said.reversals).toEqual(before);
  });
});

describe('refunds that wait for money', () => {
  test('E5: one that is pending has done nothing; it counts when Stripe sends it', async () => {
    await billing.subscribe('anna', 1_000);
    const made = await billing.stripe.refunds.create({ payment_intent: await paymentOf(billing, 'anna') });
    await billing.settled();
    expect(made.status).toBe('pending');
    expect(billing.budget('anna', november)?.paidCents).toBe(1_000);
    await billing.control('POST', '/_sandbox/topups', { amount: 1_000 });
    await billing.settled();
    expect(billing.budget('anna', november)?.paidCents).toBe(0);
    expect(billing.budget('anna', december)?.funding).toBe('expected');
  });
});

describe('D8: repayments and write-offs', () => {
  test('what a writer repays lowers both sides; what is written off is a loss', async () => {
    await payForNovember(billing);
    await closeNovember(billing);
    await refund(billing, 'anna', 100);
    const reversalId = billing.said.reversals[0]?.reversalId ?? '';
    await sayReversed(
      billing,
      { reversalId, kind: 'refund' },
      { userId: 'anna', grossCents: 100, feeCents: 7, unallocatedCents: 0 },
    );
    await sayAdjusted(billing, 'refund', reversalId, { fall: 0, rise: 93 });
    await sayAdjusted(billing, 'receivable_repaid', null, { fall: 50, rise: -50 });
    await sayAdjusted(billing, 'write_off', null, { fall: 0, rise: -43 });
    expect(await billing.standing('creator_obligations', 'creator_receivables', 'losses:write_offs')).toEqual({
      creator_obligations: 1_395 - 50,
      creator_receivables: 0,
      'losses:write_offs': 43,
    });
    const books = () => billing.said.books.filter(({ stage }) => stage === 'reversal_books').at(-1);
    expect(books()?.sums).toMatchObject({ creatorObligationsCents: 1_345, creatorReceivablesCents: 0 });
    // B5: one of a month that is not closed is seen by a check, too; one that moves nothing is not counted.
    await sayAdjusted(billing, 'refund', reversalId, { fall: 0, rise: 0 });
    await sayAdjusted(billing, 'write_off', null, { fall: 0, rise: -10 }, december);
    expect(books()).toMatchObject({
      month: november,
      sums: { creatorReceivablesCents: -10 },
      takenIn: { 'earnings.calculated': 2, 'payout.settled': 0, 'balance.adjusted': 4 },
    });
  });
});
