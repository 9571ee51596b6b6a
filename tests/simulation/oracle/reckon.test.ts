import { describe, expect, test } from '@jest/globals';
import type { Deed } from '../deed.ts';
import { allocate, close, deed, october, pay, reckoned, september, site, subscribe } from './deeds-for-tests.ts';

/** Ada gives all year; Bob comes in the middle of September and has a part of it refunded. */
const twoMonths: readonly Deed[] = [
  ...site(),
  ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 10_000, paid: 10_000, card: 'pays_at_once' }),
  allocate('2026-09-02T00:00Z', 'ada', 'p1', 6_000),
  allocate('2026-09-02T00:00Z', 'ada', 'p2', 3_000),
  ...subscribe('2026-09-16T00:00Z', 'bob', { monthly: 10_000, paid: 5_000, card: 'pays' }),
  allocate('2026-09-16T00:00Z', 'bob', 'p1', 2_500),
  allocate('2026-09-16T00:00Z', 'bob', 'p2', 2_500),
  deed('2026-09-20T00:00Z', {
    kind: 'refunded',
    userId: 'bob',
    paymentId: 'pi-bob-2026-09-16',
    refundId: 're-1',
    cents: 1_001,
  }),
  deed('2026-09-25T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' }),
  pay('2026-10-01T01:00Z', 'ada', 10_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
  pay('2026-10-01T01:00Z', 'bob', 10_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
  close('2026-10-01T09:00Z', september),
  deed('2026-10-05T00:00Z', {
    kind: 'refunded',
    userId: 'ada',
    paymentId: 'pi-ada-2026-09-01',
    refundId: 're-2',
    cents: 1_000,
  }),
  deed('2026-10-06T00:00Z', { kind: 'payout_account_became', writerId: 'walt', state: 'restricted' }),
  close('2026-11-01T09:00Z', october),
];

describe('two months by hand', () => {
  const { closed, payouts, writers, ledger } = reckoned(twoMonths);

  test('E7, A6: a refund before the cutoff lowers the paid budget, and half a cent goes to the smaller line id', () => {
    // Half of September at $100 is $50; less 1,001 that is 3,999, for two lines of 2,500: 1,999.5 each.
    expect(closed.get('2026-09')?.supporters.get('bob')).toMatchObject({ budgetCents: 3_999, unfundedCents: 1_001 });
    expect(closed.get('2026-09')?.lines.map((line) => [line.lineId, line.fundedCents, line.feeCents])).toEqual([
      ['ada_page_p1_2026-09', 6_000, 420],
      ['ada_page_p2_2026-09', 3_000, 210],
      ['bob_page_p1_2026-09', 2_000, 140],
      ['bob_page_p2_2026-09', 1_999, 140],
    ]);
  });

  test('C1: 7 % of 8,000 is 560; of 4,999 it is 349.93', () => {
    const amounts = [...(closed.get('2026-09')?.writers.values() ?? [])].map((writer) => [
      writer.userId,
      writer.grossCents,
      writer.platformFeeCents,
      writer.netCents,
    ]);
    expect(amounts).toEqual([
      ['wim', 8_000, 560, 7_440],
      ['walt', 4_999, 350, 4_649],
    ]);
  });

  test('D1, D2: who has an account is paid less 2.9 % and 30 ¢, who has none is not', () => {
    // 7,440 × 2.9 % = 215.76
    expect(payouts.get('2026-09')?.get('wim')).toMatchObject({
      status: 'paid',
      grossCents: 7_440,
      processingFeeCents: 246,
      netCents: 7_194,
    });
    expect(payouts.get('2026-09')?.get('walt')).toMatchObject({ reason: 'no_payout_account', payableCents: 4_649 });
  });

  test('E5, D8: a refund after the payout is owed by who was paid, and repaid by what is earned next', () => {
    // 1,000 of 10,000 is a tenth of each: 600 of wim's with 42 of the fee, 300 of walt's with 21, 100 unallocated.
    // wim earns 8,500 − 595 = 7,905 and owes 558; 7,347 × 2.9 % = 213.063.
    expect(payouts.get('2026-10')?.get('wim')).toMatchObject({ grossCents: 7_347, netCents: 7_104 });
    expect(writers.get('walt')).toEqual({
      payableCents: 4_649 - 279 + 5_115,
      inFlightCents: 0,
      receivableCents: 0,
      holds: [],
    });
    expect(payouts.get('2026-10')?.get('walt')).toMatchObject({ reason: 'account_restricted' });
  });

  test('every account of the general ledger stands where it should, and they add up to 0', () => {
    const standing = [...ledger].filter(([, cents]) => cents !== 0);
    expect(new Map(standing)).toEqual(
      new Map([
        // Three charges of 10,000 at 320 and one of 5,000 at 175.
        ['stripe:fees', 1_135],
        ['stripe:payments', 35_000 - 1_135 - 2_001 - 12_089 - 11_937],
        ['stripe:storage', 12_089 - 7_194 + 11_937 - 7_104],
        ['creator_obligations', -9_485],
        ['platform_revenue:fees', -(560 + 350 - 42 - 21 + 595 + 385)],
        ['platform_revenue:unallocated', -(1_000 - 100 + 1_000 + 5_000)],
        ['platform_revenue:processing', -(246 + 243)],
      ]),
    );
    expect([...ledger.values()].reduce((sum, cents) => sum + cents, 0)).toBe(0);
  });
});

test('E5: a refund between the cutoff and the close is taken back before the payouts', () => {
  const deeds = [
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 10_000, paid: 10_000, card: 'pays' }),
    allocate('2026-09-02T00:00Z', 'ada', 'p1', 10_000),
    deed('2026-09-25T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' }),
    deed('2026-10-01T00:00Z', {
      kind: 'refunded',
      userId: 'ada',
      paymentId: 'pi-ada-2026-09-01',
      refundId: 're-1',
      cents: 1_000,
    }),
    close('2026-10-01T09:00Z', september),
  ];
  const { isStorageDecided, payouts, writers } = reckoned(deeds);
  expect(isStorageDecided).toBe(false);
  expect(payouts.get('2026-09')?.get('wim')).toMatchObject({ grossCents: 9_300 - 930 });
  expect(writers.get('wim')).toMatchObject({ payableCents: 0, receivableCents: 0 });
});

test('E5: a refund that failed before the close is as if it had never been', () => {
  const refunded = { userId: 'ada', refundId: 're-1', at: '2026-10-01T00:00Z' };
  const deeds = [
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 10_000, paid: 10_000, card: 'pays' }),
    allocate('2026-09-02T00:00Z', 'ada', 'p1', 10_000),
    deed('2026-09-25T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' }),
    deed(refunded.at, { kind: 'refunded', ...refunded, paymentId: 'pi-ada-2026-09-01', cents: 1_000 }),
    deed(refunded.at, { kind: 'refund_failed', ...refunded }),
    close('2026-10-01T09:00Z', september),
  ];
  const { payouts, writers } = reckoned(deeds);
  expect(payouts.get('2026-09')?.get('wim')).toMatchObject({ grossCents: 9_300 });
  expect(writers.get('wim')).toMatchObject({ payableCents: 0, receivableCents: 0 });
});

test('A5, A11: a change at the cutoff is of the next month, and a writer who is closed then gets nothing', () => {
  const { closed } = reckoned([
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 1_000, paid: 1_000, card: 'pays' }),
    allocate('2026-09-02T00:00Z', 'ada', 'p1', 600),
    allocate('2026-09-30T23:59:59.999Z', 'ada', 'p2', 100),
    deed('2026-09-30T23:59:59.999Z', { kind: 'writer_state_set', writerId: 'wim', state: 'blocked' }),
    allocate('2026-10-01T00:00Z', 'ada', 'p2', 200),
    deed('2026-10-01T00:00Z', { kind: 'writer_state_set', writerId: 'wim', state: 'open' }),
    close('2026-10-01T09:00Z', september),
  ]);
  expect(closed.get('2026-09')?.lines.map((line) => [line.lineId, line.usdCents])).toEqual([
    ['ada_page_p2_2026-09', 100],
  ]);
  expect(closed.get('2026-09')?.supporters.get('ada')).toMatchObject({ fundedCents: 100, unallocatedCents: 900 });
});

test('E7: money that is dated at the cutoff funds nothing, and goes back', () => {
  const { closed, ledger } = reckoned([
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 1_000, paid: 1_000, card: 'pays' }),
    pay('2026-11-01T00:00Z', 'ada', 1_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
    close('2026-11-01T09:00Z', october),
  ]);
  expect(closed.get('2026-10')?.supporters.size).toBe(0);
  expect(ledger.get('suspense')).toBe(0);
});

test.each([
  ['nobody had subscribed yet', '2026-10-05T00:00Z'],
  ['only the last minute was billed, and so nothing', '2026-09-30T23:59Z'],
])('A8: a month in which %s is not closed with the next, or is empty', (_why, at) => {
  const deeds = [
    ...site(),
    deed('2026-09-02T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' }),
    deed(at, { kind: 'subscribed', userId: 'ada', monthlyCents: 500, card: 'pays', by: 'card' }),
    close('2026-11-01T09:00Z', october),
  ];
  expect([...reckoned(deeds).closed.keys()]).toEqual(['2026-10']);
  const settled = deed('2026-11-01T09:00Z', { kind: 'month_settled', month: september });
  expect(reckoned([...deeds, settled]).closed.get('2026-09')).toMatchObject({ lines: [] });
});
