import { describe, expect, test } from '@jest/globals';
import { cents, month } from '@wewrite/contracts';
import { amountIn, amountsWith, firstPartCents, isFirstMonthFree } from './subscription.ts';

const november = month('2026-11');
const december = month('2026-12');
const mid = new Date('2026-11-16T00:00:00Z');

describe('what a subscription costs', () => {
  const amounts = { monthlyCents: cents(1_000), nextCents: cents(1_000), nextFrom: november };
  /** A price that nothing has billed yet. */
  const priced = (priceCents: number) => ({ priceCents: cents(priceCents), billed: null });

  test('E3: another price holds from the next month on', () => {
    const changed = amountsWith(amounts, priced(600), mid);
    expect(amountIn(changed, november)).toBe(1_000);
    expect(amountIn(changed, december)).toBe(600);
  });

  test('E3: of two changes in a month the last one counts, and this month keeps its own', () => {
    const changed = amountsWith(amountsWith(amounts, priced(600), mid), priced(900), mid);
    expect(amountIn(changed, november)).toBe(1_000);
    expect(amountIn(changed, december)).toBe(900);
  });

  test('E3: a change a month later leaves the month in between as it was', () => {
    const changed = amountsWith(amountsWith(amounts, priced(600), mid), priced(900), new Date('2026-12-03T00:00:00Z'));
    expect(amountIn(changed, december)).toBe(600);
    expect(amountIn(changed, month('2027-01'))).toBe(900);
  });

  test('E3: a raise that was paid holds for the running month, too', () => {
    const billed = { month: november, monthlyCents: cents(2_500) };
    const raised = amountsWith(amounts, { priceCents: cents(2_500), billed }, mid);
    expect([amountIn(raised, november), amountIn(raised, december)]).toEqual([2_500, 2_500]);
    const lowered = amountsWith(raised, { priceCents: cents(600), billed }, mid);
    expect([amountIn(lowered, november), amountIn(lowered, december)]).toEqual([2_500, 600]);
  });

  test('E3: a price that is read only after the month’s turn is what the month was billed at', () => {
    const billed = { month: december, monthlyCents: cents(600) };
    const late = amountsWith(amounts, { priceCents: cents(600), billed }, new Date('2026-12-01T02:00:00Z'));
    expect(amountIn(late, december)).toBe(600);
  });

  test.each([
    ['at the month’s first instant all of it', '2026-11-01T00:00:00Z', 1_000],
    ['in its middle one half', '2026-11-16T00:00:00Z', 500],
    ['in its last second nothing to speak of', '2026-11-30T23:59:59Z', 0],
  ])('E3: %s', (_when, now, expected) => {
    expect(firstPartCents(cents(1_000), new Date(now))).toBe(expected);
  });

  test('E3: a first part of 49 ¢ is free, one of 50 ¢ is not', () => {
    expect(isFirstMonthFree(cents(100), mid)).toBe(false);
    expect(isFirstMonthFree(cents(98), mid)).toBe(true);
  });
});
