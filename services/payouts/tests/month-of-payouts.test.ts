import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  NextPayoutSchema,
  ObligationsSchema,
  PayoutDetailSchema,
  PayoutPageSchema,
  ProblemSchema,
  WriterPayoutPageSchema,
} from '@wewrite/contracts';
import { adapters, type PayoutHarness, startPayouts } from './payout-harness.ts';

describe.each(adapters)('a month of payouts out of $escrow', ({ escrow }) => {
  let stack: PayoutHarness;
  beforeAll(async () => {
    stack = await startPayouts(escrow);
    await stack.topUp(1_000_000);
    await stack.onboard('ready', 'ready');
    await stack.onboard('wrïter_with-ödd.id', 'ready');
    await stack.onboard('restricted', 'restricted');
  });
  afterAll(() => stack.stop());

  const monthOf = (month: string) => stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);

  test('nothing is requested before both the earnings are complete and escrow is funded', async () => {
    await stack.earn('2026-11', {
      ready: 10_000,
      'wrïter_with-ödd.id': 2_500,
      restricted: 5_000,
      accountless: 3_000,
      small: 2_499,
    });
    await stack.settled();
    expect(await stack.transfers()).toEqual([]);
    await stack.fund('2026-11');
    await stack.settled();
    expect(await stack.transfers()).toHaveLength(2);
  });

  test('D1: all of a balance that reaches the minimum is paid once, less the processing fee', async () => {
    const { writers } = await monthOf('2026-11');
    expect(writers.filter((writer) => writer.payoutStatus === 'paid')).toMatchObject([
      {
        userId: 'ready',
        payoutGrossCents: 10_000,
        processingFeeCents: 320,
        payoutNetCents: 9_680,
        carriedOverCents: 0,
        payoutReason: null,
      },
      {
        userId: 'wrïter_with-ödd.id',
        payoutGrossCents: 2_500,
        processingFeeCents: 103,
        payoutNetCents: 2_397,
        carriedOverCents: 0,
      },
    ]);
  });

  test('D2: who is not paid has a reason and a date, and keeps the balance', async () => {
    const { writers } = await monthOf('2026-11');
    const skipped = { payoutGrossCents: 0, payoutNetCents: 0, nextDate: '2027-01-01', transferId: null };
    expect(writers.filter((writer) => writer.payoutStatus === 'skipped')).toMatchObject([
      { userId: 'accountless', payoutReason: 'no_payout_account', carriedOverCents: 3_000, ...skipped },
      { userId: 'restricted', payoutReason: 'account_restricted', carriedOverCents: 5_000, ...skipped },
      { userId: 'small', payoutReason: 'below_minimum', carriedOverCents: 2_499, ...skipped },
    ]);
    const next = await stack.get('/v1/payouts/next', NextPayoutSchema, { sub: 'small', roles: ['writer'] });
    expect(next).toMatchObject({ payableCents: 2_499, reason: 'below_minimum', date: '2027-01-01' });
    expect(next.whatToDo).toContain('adds up');
  });

  test('D4: the transfer names the close, the payout and the writer', async () => {
    const transfers = await stack.transfers();
    const { payouts } = await stack.get('/v1/payouts?month=2026-11', PayoutPageSchema);
    for (const payout of payouts) {
      const transfer = transfers.find((candidate) => candidate.id === payout.transferId);
      expect(transfer).toMatchObject({
        amountCents: payout.fees.payoutNetCents,
        group: 'close-2026-11',
        metadata: { payout_id: payout.id, month: '2026-11', writer: payout.recipientUserId },
      });
    }
  });

  test('D7: a payout shows its fees, and only to its writer', async () => {
    const { payouts } = await stack.get('/v1/payouts', PayoutPageSchema, { sub: 'ready', roles: ['writer'] });
    expect(payouts).toHaveLength(1);
    const path = `/v1/payouts/${payouts[0]?.id}`;
    const detail = await stack.get(path, PayoutDetailSchema, { sub: 'ready', roles: ['writer'] });
    expect(detail.fees).toEqual({
      currency: 'usd',
      earningsGrossCents: 10_007,
      platformFeeCents: 7,
      adjustmentsCents: 0,
      payoutGrossCents: 10_000,
      processingFeeCents: 320,
      payoutNetCents: 9_680,
    });
    expect(detail.attempts).toMatchObject([{ attempt: 1, outcome: 'made', idempotencyKey: `payout-${detail.id}-1` }]);
    const other = await stack.get(path, ProblemSchema, { sub: 'small', roles: ['writer'] });
    expect(other.code).toBe('not_found');
  });

  test('B2: the same messages again change nothing', async () => {
    const before = await monthOf('2026-11');
    await stack.earn('2026-11', {
      ready: 10_000,
      'wrïter_with-ödd.id': 2_500,
      restricted: 5_000,
      accountless: 3_000,
      small: 2_499,
    });
    await stack.fund('2026-11');
    await stack.settled();
    expect(await monthOf('2026-11')).toEqual(before);
    expect(await stack.transfers()).toHaveLength(2);
  });

  test('C2: escrow that is funded before the earnings have come judges nobody', async () => {
    await stack.onboard('accountless', 'ready');
    await stack.fund('2026-12');
    await stack.settled();
    expect(await monthOf('2026-12')).toMatchObject({ writers: [] });
    expect(await stack.transfers()).toHaveLength(2);
  });

  test('D1: what was carried over is paid with the next month, also without new earnings', async () => {
    await stack.earn('2026-12', { ready: 100, small: 1 });
    await stack.settled();
    const { writers } = await monthOf('2026-12');
    expect(
      writers.map((writer) => [writer.userId, writer.payoutStatus, writer.payoutGrossCents, writer.carriedOverCents]),
    ).toEqual(
      [
        ['accountless', 'paid', 3_000, 0],
        ['ready', 'skipped', 0, 100],
        ['restricted', 'skipped', 0, 5_000],
        ['small', 'paid', 2_500, 0],
      ]
        .filter(([userId]) => userId !== 'small')
        .concat([['small', 'skipped', 0, 2_500]]),
    );
  });

  test('obligations are what is payable, in flight and held, in all and each', async () => {
    const owed = await stack.get('/v1/obligations', ObligationsSchema);
    expect(owed.totalCents).toBe(100 + 5_000 + 2_500);
    expect(owed.writers.reduce((sum, writer) => sum + writer.payableCents, 0)).toBe(owed.totalCents);
  });
});
