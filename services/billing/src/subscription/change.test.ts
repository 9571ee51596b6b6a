import { describe, expect, test } from '@jest/globals';
import { cents, month } from '@wewrite/contracts';
import { type ChangeableSubscription, effectOf } from './change.ts';

const mid = new Date('2026-11-16T00:00:00Z');
const subscription: ChangeableSubscription = {
  state: 'active',
  amounts: { monthlyCents: cents(1_000), nextCents: cents(600), nextFrom: month('2026-12') },
  isFirstMonthFree: false,
  startedAt: new Date('2026-09-05T00:00:00Z'),
};
const paid = { isAnyOpen: false, isAnyPaid: true };
const now = (monthlyCents: number) => ({ asked: 'now' as const, monthlyCents: cents(monthlyCents) });

describe('when another amount takes effect', () => {
  test.each([
    ['above what the month is billed at, at once', 1_001, 'raise'],
    ['of what the month is billed at, from the 1st, also after a lowering', 1_000, 'from_the_first'],
    ['below it, from the 1st', 999, 'from_the_first'],
  ])('E3: an amount %s', (_what, monthlyCents, effect) => {
    expect(effectOf(now(monthlyCents), subscription, paid, mid)).toBe(effect);
  });

  test('E3: whatever is asked for from the next month holds from the 1st', () => {
    const wish = { asked: 'next_month' as const, monthlyCents: cents(9_000) };
    expect(effectOf(wish, subscription, { isAnyOpen: true, isAnyPaid: false }, mid)).toBe('from_the_first');
  });

  test.each([
    ['whose invoice is open', subscription, { isAnyOpen: true, isAnyPaid: false }],
    ['with a second invoice open', subscription, { isAnyOpen: true, isAnyPaid: true }],
    ['whose invoice is not here yet', subscription, { isAnyOpen: false, isAnyPaid: false }],
    ['of a subscription past due', { ...subscription, state: 'past_due' as const }, paid],
  ])('E3: no raise in a month %s, but a lowering', (_what, given, invoices) => {
    expect(effectOf(now(2_000), given, invoices, mid)).toBe('payment_pending');
    expect(effectOf(now(500), given, invoices, mid)).toBe('from_the_first');
  });

  test('E3: a free first month was billed nothing, and the month after it is one like others', () => {
    const free = { ...subscription, isFirstMonthFree: true, startedAt: new Date('2026-11-15T00:00:00Z') };
    const none = { isAnyOpen: false, isAnyPaid: false };
    expect(effectOf(now(800), free, none, mid)).toBe('raise');
    expect(effectOf(now(800), free, paid, mid)).toBe('from_the_first');
    expect(effectOf(now(2_000), free, none, new Date('2026-12-01T00:00:10Z'))).toBe('payment_pending');
  });
});
