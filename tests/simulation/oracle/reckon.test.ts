import { describe, expect, test } from '@jest/globals';
import { type Month, month } from '@wewrite/contracts';
import type { Act, Card, Chronicle, Deed } from '../deed.ts';
import { type Reckoning, reckon } from './reckon.ts';

const accepted = { outcome: 'accepted' } as const;
const [september, october] = [month('2026-09'), month('2026-10')] as const;

function deed(at: string, act: Act): Deed {
  return { ...act, at: new Date(at).toISOString(), answer: accepted, knownEverywhere: true };
}

const page = (resourceId: string) => ({ resourceType: 'page' as const, resourceId });

function site(): Deed[] {
  return [
    deed('2026-09-01T00:00Z', { kind: 'resource_registered', resource: page('p1'), ownerUserId: 'wim' }),
    deed('2026-09-01T00:00Z', { kind: 'resource_registered', resource: page('p2'), ownerUserId: 'walt' }),
  ];
}

/** Subscribes, and pays what is left of the month. */
function subscribe(at: string, userId: string, { monthly, paid, card }: { monthly: number; paid: number; card: Card }) {
  const by = 'card' as const;
  return [
    deed(at, { kind: 'subscribed', userId, monthlyCents: monthly, card, by }),
    pay(at, userId, paid, [at, '2026-10-01T00:00Z']),
  ];
}

function pay(at: string, userId: string, cents: number, [from, to]: [string, string]): Deed {
  const parts = [{ cents, from: new Date(from).toISOString(), to: new Date(to).toISOString() }];
  const name = `${userId}-${at.slice(0, 10)}`;
  return deed(at, { kind: 'paid', userId, paymentId: `pi-${name}`, invoiceId: `in-${name}`, parts });
}

function allocate(at: string, userId: string, resourceId: string, usdCents: number): Deed {
  return deed(at, { kind: 'allocation_set', userId, wish: { resource: page(resourceId), usdCents } });
}

function close(at: string, ofMonth: Month): Deed {
  return deed(at, { kind: 'close_asked', month: ofMonth, runKind: 'close' });
}

function reckoned(deeds: readonly Deed[], late?: ReadonlySet<string>): Reckoning {
  const chronicle: Chronicle = { escrow: 'storage', deeds };
  return reckon(chronicle, '2026-11-20T00:00:00.000Z', late);
}

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
    expect(writers.get('walt')).toEqual({ payableCents: 4_649 - 279 + 5_115, receivableCents: 0, holds: [] });
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

test('E5: a refund between the cutoff and the close is spread after it; a payout may come before or after that', () => {
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
  const { undecided, payouts, writers } = reckoned(deeds);
  expect([...undecided]).toEqual(['re-1 2026-09 wim']);
  expect(payouts.get('2026-09')?.get('wim')).toMatchObject({ grossCents: 9_300 - 930 });
  expect(writers.get('wim')).toMatchObject({ receivableCents: 0 });
  const later = reckoned(deeds, undecided);
  expect(later.payouts.get('2026-09')?.get('wim')).toMatchObject({ grossCents: 9_300 });
  expect(later.writers.get('wim')).toMatchObject({ payableCents: 0, receivableCents: 930 });
});

describe('disputes', () => {
  const dispute = (at: string, kind: 'dispute_won' | 'dispute_lost') =>
    deed(at, { kind, userId: 'ada', disputeId: 'du' });
  const opened = (at: string) =>
    deed(at, {
      kind: 'dispute_opened',
      userId: 'ada',
      paymentId: 'pi-ada-2026-09-01',
      disputeId: 'du',
      cents: 10_000,
      isInquiry: false,
    });
  const ada = [
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 10_000, paid: 10_000, card: 'pays' }),
    allocate('2026-09-02T00:00Z', 'ada', 'p1', 10_000),
    deed('2026-09-25T00:00Z', { kind: 'payout_account_became', writerId: 'wim', state: 'ready' }),
  ];

  test('E5: one that is open at the cutoff keeps its payment out; won later, it credits the running month', () => {
    const { closed, ledger } = reckoned([
      ...ada,
      opened('2026-09-30T23:59:59Z'),
      close('2026-10-01T09:00Z', september),
      dispute('2026-10-20T00:00Z', 'dispute_won'),
      close('2026-11-01T09:00Z', october),
    ]);
    expect(closed.get('2026-09')?.supporters.get('ada')).toMatchObject({ budgetCents: 0, unfundedCents: 10_000 });
    expect(closed.get('2026-10')?.supporters.get('ada')).toMatchObject({ budgetCents: 10_000, fundedCents: 10_000 });
    expect(ledger.get('losses:disputes')).toBe(1_500);
  });

  test('E5: one that opens at the cutoff funds its month; what it would take is held, and taken when it is lost', () => {
    const deeds = [...ada, close('2026-10-01T09:00Z', september)];
    // 10,000 less 700 was paid out at the close: there is nothing to hold, and all of it is owed in the end.
    const { writers, ledger } = reckoned([
      ...deeds,
      opened('2026-10-02T00:00Z'),
      dispute('2026-10-20T00:00Z', 'dispute_lost'),
    ]);
    expect(writers.get('wim')).toEqual({ payableCents: 0, receivableCents: 9_300, holds: [] });
    expect(ledger.get('platform_revenue:fees')).toBe(0);
    expect(ledger.get('stripe:disputed')).toBe(0);
  });
});

describe('holds', () => {
  const closedSeptember = [
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 2_000, paid: 2_000, card: 'pays' }),
    allocate('2026-09-02T00:00Z', 'ada', 'p1', 1_000),
    allocate('2026-09-02T00:00Z', 'ada', 'p2', 500),
    close('2026-10-01T09:00Z', september),
    deed('2026-10-02T00:00Z', {
      kind: 'hold_placed',
      holdId: 'h',
      writerId: 'wim',
      month: september,
      lineId: 'ada_page_p1_2026-09',
    }),
  ];

  test('C6: what is held is not payable, and is again when it is released', () => {
    expect(reckoned(closedSeptember).writers.get('wim')).toMatchObject({
      payableCents: 0,
      holds: [{ heldCents: 930 }],
    });
    const released = [...closedSeptember, deed('2026-10-03T00:00Z', { kind: 'hold_released', holdId: 'h' })];
    expect(reckoned(released).writers.get('wim')).toEqual({ payableCents: 930, receivableCents: 0, holds: [] });
  });

  test('C6, E5: what one hold lets go of is kept by a dispute of the same money', () => {
    const disputed = deed('2026-10-03T00:00Z', {
      kind: 'dispute_opened',
      userId: 'ada',
      paymentId: 'pi-ada-2026-09-01',
      disputeId: 'du',
      cents: 2_000,
      isInquiry: false,
    });
    const released = deed('2026-10-04T00:00Z', { kind: 'hold_released', holdId: 'h' });
    const { writers } = reckoned([...closedSeptember, disputed, released]);
    expect(writers.get('wim')).toMatchObject({ payableCents: 0, holds: [{ id: 'du 2026-09', heldCents: 930 }] });
  });

  test('C6: what is reversed goes back to who paid for it, fee and all', () => {
    const reversed = [...closedSeptember, deed('2026-10-03T00:00Z', { kind: 'hold_reversed', holdId: 'h' })];
    const { writers, ledger } = reckoned(reversed);
    expect(writers.get('wim')).toEqual({ payableCents: 0, receivableCents: 0, holds: [] });
    expect(ledger.get('suspense')).toBe(0);
    // 2,000 less Stripe's 58 and 30, less what went back and what lies in storage for both.
    expect(ledger.get('stripe:payments')).toBe(2_000 - 88 - 1_000 - (930 + 465));
  });
});

describe('changes that are scheduled', () => {
  const planned = (at: string, scheduleId: string, resourceId: string, usdCents: number, through: Month | null) => {
    const of = { resource: page(resourceId), usdCents, fromMonth: october };
    return deed(at, {
      kind: 'schedule_made',
      userId: 'ada',
      scheduleId,
      planned: through === null ? { ...of, kind: 'set' } : { ...of, kind: 'add', throughMonth: through },
    });
  };
  const ada = [
    ...site(),
    ...subscribe('2026-09-01T00:00Z', 'ada', { monthly: 1_000, paid: 1_000, card: 'pays' }),
    allocate('2026-09-02T00:00Z', 'ada', 'p1', 600),
  ];

  test('A9: a span adds to what stands and ends by itself; what no longer fits is not applied', () => {
    const { closed, turned } = reckoned([
      ...ada,
      planned('2026-09-03T00:00Z', 's1', 'p1', 300, october),
      planned('2026-09-03T00:00Z', 's2', 'p2', 200, null),
      pay('2026-10-01T01:00Z', 'ada', 1_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
      pay('2026-11-01T01:00Z', 'ada', 1_000, ['2026-11-01T00:00Z', '2026-12-01T00:00Z']),
      close('2026-12-01T09:00Z', month('2026-11')),
    ]);
    expect([...turned]).toEqual([
      ['s1', 'ended'],
      ['s2', 'did_not_fit'],
    ]);
    const wishes = (of: string) => closed.get(of)?.lines.map((line) => line.usdCents);
    expect([wishes('2026-09'), wishes('2026-10'), wishes('2026-11')]).toEqual([[600], [900], [600]]);
  });

  test('A9: a change of the same resource ends its span', () => {
    const { closed } = reckoned([
      ...ada,
      planned('2026-09-03T00:00Z', 's1', 'p1', 300, month('2026-12')),
      pay('2026-10-01T01:00Z', 'ada', 1_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
      allocate('2026-10-07T00:00Z', 'ada', 'p1', 700),
      close('2026-11-01T09:00Z', october),
      close('2026-12-01T09:00Z', month('2026-11')),
    ]);
    expect(closed.get('2026-10')?.lines.map((line) => line.usdCents)).toEqual([700]);
    expect(closed.get('2026-11')?.lines.map((line) => [line.usdCents, line.fundedCents])).toEqual([[700, 0]]);
  });
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
