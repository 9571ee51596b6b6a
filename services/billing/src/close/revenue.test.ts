import { describe, expect, test } from '@jest/globals';
import { cents } from '@wewrite/contracts';
import { withdrawableCents } from './revenue.ts';

const position = (
  earned: number,
  withdrawn: number,
  payments: number,
  uncovered: number,
  [receivable, disputed] = [0, 0],
) => ({
  earnedCents: cents(earned),
  receivableCents: cents(receivable),
  disputedCents: cents(disputed),
  withdrawnCents: cents(withdrawn),
  paymentsCents: cents(payments),
  uncoveredCents: cents(uncovered),
});

describe('withdrawing revenue', () => {
  test.each([
    ['all that is earned above what is retained', position(1_000, 0, 5_000, 0), 200, 800],
    ['not what was withdrawn before', position(1_000, 700, 5_000, 0), 200, 100],
    ['no more than is there', position(1_000, 0, 300, 0), 0, 300],
    ['nothing that writers are still owed', position(1_000, 0, 1_500, 900), 0, 600],
    ['nothing out of what storage has too much', position(1_000, 0, 1_500, -900), 0, 1_000],
    ['nothing that writers owe, or that is disputed', position(1_000, 0, 5_000, 0, [300, 400]), 100, 200],
    ['nothing after a loss', position(-50, 0, 5_000, 0), 0, 0],
    ['nothing below what is retained', position(1_000, 900, 5_000, 0), 200, 0],
  ])('B8: %s', (_what, given, retainedCents, expected) => {
    expect(withdrawableCents(given, retainedCents)).toBe(expected);
  });
});
