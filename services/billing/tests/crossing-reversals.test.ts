import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import {
  closeNovember,
  decide,
  differences,
  dispute,
  payForNovember,
  refund,
  sayAdjusted,
  sayReversed,
} from './reversal-story.ts';
import { type RunningBilling, startBilling } from './running-billing.ts';

const refundCalls = { method: 'POST', path: '/v1/refunds' };
const disputeFeeCents = 1_500;
const operatorId = '0190f0a0-0000-7000-8000-00000000c601';

let billing: RunningBilling;
beforeEach(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
  await payForNovember(billing);
  await closeNovember(billing);
});
afterEach(async () => {
  expect(differences(billing)).toEqual([]);
  // Whatever crossed, the ledger has what Stripe has.
  const balance = await billing.stripe.balance.retrieve();
  expect(await billing.standing('stripe:payments')).toEqual({ 'stripe:payments': balance.available[0]?.amount });
  await billing.stop();
});

/** An administrator took 600 of anna's 1,000 back of wanda. */
async function operatorTakes(): Promise<void> {
  const sums = { userId: 'anna', grossCents: 600, feeCents: 42, unallocatedCents: 0 };
  await sayReversed(billing, { reversalId: operatorId, kind: 'operator' }, sums);
  await sayAdjusted(billing, 'operator', operatorId, { fall: 558, rise: 0 });
}

/** Earnings finds 400 left for a reversal of all of anna's: the other 600 an operator had taken already. */
const leftOfAnna = { userId: 'anna', grossCents: 400, feeCents: 28, unallocatedCents: 0, suspenseCents: 600 };

const refunds = async () => (await billing.stripe.refunds.list()).data.map(({ amount }) => amount);
const said = (index: number) => billing.said.reversals[index]?.reversalId ?? '';
const orders = async () =>
  ((await billing.call('admin', 'GET', '/v1/refund-orders')).body as { refundOrders: unknown[] }).refundOrders;

describe('a reversal that crosses an operator’s', () => {
  test.each([['operator first'], ['refund first']])(
    'E5, C6: a refund gives each cent back once, and suspense is empty (%s)',
    async (order) => {
      await refund(billing, 'anna');
      expect(billing.said.reversals).toMatchObject([{ kind: 'refund', amountCents: 1_000 }]);
      const spread = async () => {
        await sayReversed(billing, { reversalId: said(0), kind: 'refund' }, leftOfAnna);
        await sayAdjusted(billing, 'refund', said(0), { fall: 372, rise: 0 });
      };
      if (order === 'refund first') await spread();
      await operatorTakes();
      if (order === 'operator first') await spread();
      expect(await refunds()).toEqual([1_000]);
      expect(await orders()).toEqual([]);
      expect(await billing.standing('suspense', 'platform_revenue:fees')).toEqual({
        suspense: 0,
        'platform_revenue:fees': 105 - 70,
      });
    },
  );

  test('C6: when the refund comes to nothing, what the operator took goes back to the supporter after all', async () => {
    const refundId = await refund(billing, 'anna');
    await operatorTakes();
    await sayReversed(billing, { reversalId: said(0), kind: 'refund' }, leftOfAnna);
    await sayAdjusted(billing, 'refund', said(0), { fall: 372, rise: 0 });
    await billing.control('POST', `/_sandbox/refunds/${refundId}`, { outcome: 'failed' });
    await billing.settled();
    expect(billing.said.reversals[1]).toMatchObject({ kind: 'refund_failed', settles: said(0), amountCents: 1_000 });
    await sayReversed(billing, { reversalId: said(1), kind: 'refund_failed', settles: said(0) }, leftOfAnna);
    await sayAdjusted(billing, 'refund_failed', said(1), { fall: -372, rise: 0 });
    expect(await refunds()).toEqual([600, 1_000]);
    expect(await orders()).toMatchObject([{ reason: 'operator', userId: 'anna', state: 'made', amountCents: 600 }]);
    expect(await billing.standing('suspense')).toEqual({ suspense: 0 });
    // What is said twice is ordered once.
    await sayReversed(billing, { reversalId: said(1), kind: 'refund_failed', settles: said(0) }, leftOfAnna);
    expect(await refunds()).toEqual([600, 1_000]);
  });

  test.each([
    ['losing', []],
    ['winning', [600]],
  ] as const)('E5: so it is with a dispute that ends by %s evidence', async (verdict, refunded) => {
    const id = await dispute(billing, 'anna');
    await operatorTakes();
    await sayReversed(billing, { reversalId: said(0), kind: 'dispute_opened' }, leftOfAnna);
    expect(await billing.standing('suspense', 'stripe:disputed')).toEqual({ suspense: 600, 'stripe:disputed': 1_000 });
    await decide(billing, id, verdict);
    const kind = verdict === 'losing' ? 'dispute_lost' : 'dispute_won';
    await sayReversed(billing, { reversalId: said(1), kind, settles: said(0) }, leftOfAnna);
    if (kind === 'dispute_lost') await sayAdjusted(billing, kind, said(1), { fall: 372, rise: 0 });
    expect(await refunds()).toEqual(refunded);
    expect(await billing.standing('suspense', 'stripe:disputed')).toEqual({ suspense: 0, 'stripe:disputed': 0 });
  });

  test.each([
    ['all', 1_000, 0],
    ['a part', 700, 300],
  ])(
    'E5: a lost dispute of %s, of which an operator took money back that Stripe does not refund, is no loss of ours',
    async (_, amount, leftCents) => {
      await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind: '429', times: 1_000 });
      await operatorTakes();
      const id = await dispute(billing, 'anna', { amount });
      await billing.control('DELETE', '/_sandbox/faults');
      await billing.settled();
      expect(await orders()).toMatchObject([{ reason: 'operator', amountCents: 600, leftCents: 600 }]);
      const left = { ...leftOfAnna, suspenseCents: 0 };
      expect(billing.said.reversals).toMatchObject([{ kind: 'dispute_opened', amountCents: 400 }]);
      await sayReversed(billing, { reversalId: said(0), kind: 'dispute_opened' }, left);
      await decide(billing, id, 'losing');
      await sayReversed(billing, { reversalId: said(1), kind: 'dispute_lost', settles: said(0) }, left);
      await sayAdjusted(billing, 'dispute_lost', said(1), { fall: 372, rise: 0 });
      expect(await refunds()).toEqual([]);
      expect(await billing.standing('suspense', 'stripe:disputed', 'losses:disputes')).toEqual({
        suspense: leftCents,
        'stripe:disputed': 0,
        'losses:disputes': disputeFeeCents,
      });
      expect(await orders()).toMatchObject([{ amountCents: 600, leftCents }]);
      expect((await billing.call('admin', 'GET', '/v1/suspense')).body).toMatchObject({
        suspenseCents: leftCents,
        entries: [{ userId: 'anna', reason: 'operator', receivedCents: 600, returnedCents: 600 - leftCents }],
      });
    },
  );
});
