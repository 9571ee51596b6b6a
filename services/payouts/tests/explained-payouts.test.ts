import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { addsUp, ExplanationSchema, PayoutPageSchema, ProblemSchema } from '@wewrite/contracts';
import { z } from 'zod';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';

const wanda = { sub: 'wanda', roles: ['writer'] };
let stack: PayoutHarness;

// Of two months' earnings, the first too small to be paid, a refund is taken; later all is paid, and more a month after.
beforeAll(async () => {
  stack = await startPayouts('connect');
  await stack.topUp(1_000_000);
  await stack.onboard('wanda', 'ready');
  for (const [month, netCents] of [
    ['2026-11', 1_000],
    ['2026-12', 4_000],
    ['2027-01', 3_000],
  ] as const) {
    await stack.earn(month, { wanda: netCents });
    await stack.settled();
    if (month === '2026-12') {
      const refund = { kind: 'refund', month: '2026-11', netByWriter: { wanda: 300 } } as const;
      await stack.reverseEarnings('refund', refund);
    }
    await stack.fund(month);
    await stack.settled();
  }
});
afterAll(() => stack.stop());

async function payoutsOfWanda() {
  return (await stack.get('/v1/payouts', PayoutPageSchema, wanda)).payouts;
}

describe('a payout explained', () => {
  test('every step adds up, from the gross of each month to what Stripe has', async () => {
    const [, first] = await payoutsOfWanda();
    const explained = await stack.get(`/v1/payouts/${first?.id}/explain`, ExplanationSchema, wanda);
    expect(addsUp(explained)).toBe(true);
    expect(explained.steps.map(({ step, totalCents }) => [step, totalCents])).toEqual([
      ['fee', 5_000],
      ['earnings', 4_700],
      ['payout', 4_700],
      ['transfer', 4_534],
    ]);
    const [, earnings] = explained.steps;
    expect(earnings?.parts.map(({ label, cents }) => [label, cents])).toEqual([
      ['creator_earning of 2026-11', 1_000],
      ['creator_earning of 2026-12', 4_000],
      ['refund of 2026-11', -300],
    ]);
    expect(explained.steps.at(-1)).toMatchObject({ id: first?.transferId });
    expect(explained.related).toEqual([
      { of: 'writer_month', id: '2026-11', recipientUserId: 'wanda' },
      { of: 'writer_month', id: '2026-12', recipientUserId: 'wanda' },
    ]);
  });

  test('the next one begins where it ended', async () => {
    const [second] = await payoutsOfWanda();
    const explained = await stack.get(`/v1/payouts/${second?.id}/explain`, ExplanationSchema, wanda);
    expect(explained.steps[1]?.parts).toMatchObject([{ label: 'creator_earning of 2027-01', cents: 3_000 }]);
  });

  test('to its writer and to admins only', async () => {
    const [second] = await payoutsOfWanda();
    const path = `/v1/payouts/${second?.id}/explain`;
    const other = await stack.get(path, ProblemSchema, { sub: 'walt', roles: ['writer'] });
    expect(other.code).toBe('not_found');
    expect((await stack.get(path, ExplanationSchema)).of).toBe('payout');
  });
});

describe('D7: the fees of payouts', () => {
  test('D7: earnings less fees and adjustments are what is paid', async () => {
    const [, first] = await payoutsOfWanda();
    expect(first?.fees).toMatchObject({
      earningsGrossCents: 5_014,
      platformFeeCents: 14,
      adjustmentsCents: -300,
      payoutGrossCents: 4_700,
      processingFeeCents: 166,
      payoutNetCents: 4_534,
    });
  });

  test('D4, D7: a payout that comes back later changes nothing of the one that was made meanwhile', async () => {
    const [second, first] = await payoutsOfWanda();
    await stack.reverse(first?.transferId ?? '');
    await stack.tell('transfer.reversed', first?.transferId ?? '');
    const [later, earlier] = await payoutsOfWanda();
    expect(earlier?.status).toBe('returned');
    expect(later?.fees).toEqual(second?.fees);
    expect(later?.fees).toMatchObject({ earningsGrossCents: 3_007, platformFeeCents: 7, adjustmentsCents: 0 });
  });

  test('D7: the rows of the CSV add up', async () => {
    const text = await stack.text('/v1/payouts.csv', wanda);
    const [header, ...rows] = text
      .trimEnd()
      .split('\r\n')
      .map((line) => line.split(','));
    expect(rows).toHaveLength(2);
    for (const row of rows) {
      const cell = (name: string) =>
        z.coerce
          .number()
          .int()
          .parse(row[header?.indexOf(name) ?? -1]);
      const earned = cell('earnings_gross_cents') - cell('platform_fee_cents') + cell('adjustments_cents');
      expect(earned).toBe(cell('payout_gross_cents'));
      expect(cell('payout_gross_cents') - cell('processing_fee_cents')).toBe(cell('payout_net_cents'));
    }
  });
});
