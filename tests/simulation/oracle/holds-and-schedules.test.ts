import { describe, expect, test } from '@jest/globals';
import { type Month, month } from '@wewrite/contracts';
import { allocate, close, deed, october, page, pay, reckoned, september, site, subscribe } from './deeds-for-tests.ts';

describe('disputes', () => {
  const won = (at: string, cents: number) => deed(at, { kind: 'dispute_won', userId: 'ada', disputeId: 'du', cents });
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
      won('2026-10-20T00:00Z', 10_000),
      close('2026-11-01T09:00Z', october),
    ]);
    expect(closed.get('2026-09')?.supporters.get('ada')).toMatchObject({ budgetCents: 0, unfundedCents: 10_000 });
    expect(closed.get('2026-10')?.supporters.get('ada')).toMatchObject({ budgetCents: 10_000, fundedCents: 10_000 });
    expect(ledger.get('losses:disputes')).toBe(1_500);
  });

  test('E5: what a bank keeps of one that is won is ours to lose, and nobody else’s', () => {
    const { closed, ledger } = reckoned([
      ...ada,
      opened('2026-09-10T00:00Z'),
      won('2026-09-20T00:00Z', 9_000),
      close('2026-10-01T09:00Z', september),
    ]);
    expect(closed.get('2026-09')?.supporters.get('ada')).toMatchObject({ budgetCents: 10_000, fundedCents: 10_000 });
    expect(ledger.get('losses:disputes')).toBe(2_500);
    expect(ledger.get('stripe:disputed')).toBe(0);
  });

  test('E5: one that opens at the cutoff funds its month; what it would take is held, and taken when it is lost', () => {
    const deeds = [...ada, close('2026-10-01T09:00Z', september)];
    // 10,000 less 700 was paid out at the close: there is nothing to hold, and all of it is owed in the end.
    const { writers, ledger } = reckoned([
      ...deeds,
      opened('2026-10-02T00:00Z'),
      deed('2026-10-20T00:00Z', { kind: 'dispute_lost', userId: 'ada', disputeId: 'du' }),
    ]);
    expect(writers.get('wim')).toEqual({ payableCents: 0, inFlightCents: 0, receivableCents: 9_300, holds: [] });
    expect(ledger.get('platform_revenue:fees')).toBe(0);
    expect(ledger.get('stripe:disputed')).toBe(0);
  });

  test('E5, C6: one that is lost takes what an operator took back, where no card would have it, and costs us its fee', () => {
    const { ledger } = reckoned([
      ...ada,
      ...subscribe('2026-09-04T00:00Z', 'bea', { monthly: 2_000, paid: 2_000, card: 'refuses_refunds' }),
      allocate('2026-09-05T00:00Z', 'bea', 'p2', 2_000),
      close('2026-10-01T09:00Z', september),
      deed('2026-10-02T00:00Z', {
        ...{ kind: 'hold_placed', holdId: 'h', writerId: 'walt', month: september, lineId: 'bea_page_p2_2026-09' },
      }),
      deed('2026-10-03T00:00Z', { kind: 'hold_reversed', holdId: 'h' }),
      deed('2026-10-04T00:00Z', {
        ...{ kind: 'dispute_opened', userId: 'bea', paymentId: 'pi-bea-2026-09-04', disputeId: 'du' },
        ...{ cents: 2_000, isInquiry: false },
      }),
      deed('2026-10-05T00:00Z', { kind: 'dispute_lost', userId: 'bea', disputeId: 'du' }),
    ]);
    expect(ledger.get('suspense')).toBe(0);
    expect(ledger.get('losses:disputes')).toBe(1_500);
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
    expect(reckoned(released).writers.get('wim')).toEqual({
      payableCents: 930,
      inFlightCents: 0,
      receivableCents: 0,
      holds: [],
    });
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
    expect(writers.get('wim')).toEqual({ payableCents: 0, inFlightCents: 0, receivableCents: 0, holds: [] });
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
    const { closed, schedules } = reckoned([
      ...ada,
      planned('2026-09-03T00:00Z', 's1', 'p1', 300, october),
      planned('2026-09-03T00:00Z', 's2', 'p2', 200, null),
      pay('2026-10-01T01:00Z', 'ada', 1_000, ['2026-10-01T00:00Z', '2026-11-01T00:00Z']),
      pay('2026-11-01T01:00Z', 'ada', 1_000, ['2026-11-01T00:00Z', '2026-12-01T00:00Z']),
      close('2026-12-01T09:00Z', month('2026-11')),
    ]);
    expect(Object.fromEntries(schedules)).toEqual({ s1: 'ended', s2: 'did_not_fit' });
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
