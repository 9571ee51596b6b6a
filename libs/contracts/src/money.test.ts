import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  basisPointsOf,
  CentsSchema,
  cents,
  dollars,
  multiplyHalfUp,
  NonNegativeCentsSchema,
  sumCents,
} from './money.ts';

const largest = Number.MAX_SAFE_INTEGER;

describe('cents', () => {
  test('Cents are whole and within the safe range: everything else is refused', () => {
    for (const value of [0.5, -0.1, Number.NaN, Number.POSITIVE_INFINITY, largest + 1, -largest - 1]) {
      expect(() => cents(value)).toThrow(RangeError);
      expect(CentsSchema.safeParse(value).success).toBe(false);
    }
  });

  test('Cents at the edges of the safe range are taken', () => {
    for (const value of [0, -1, largest, -largest]) {
      expect(cents(value)).toBe(value);
      expect(CentsSchema.parse(value)).toBe(value);
    }
  });

  test('Cents come as numbers only: text that looks like one is refused', () => {
    for (const value of ['100', 100n, null, true]) expect(CentsSchema.safeParse(value).success).toBe(false);
  });

  test('Amounts that cannot be negative refuse -1', () => {
    expect(NonNegativeCentsSchema.safeParse(-1).success).toBe(false);
    expect(NonNegativeCentsSchema.parse(0)).toBe(0);
  });
});

describe('sumCents', () => {
  test('A sum is exact, and 0 of nothing', () => {
    expect(sumCents([])).toBe(0);
    expect(sumCents([cents(1), cents(-3), cents(2_500)])).toBe(2_498);
  });

  test('A sum that leaves the safe range throws instead of losing a cent', () => {
    expect(() => sumCents([cents(largest), cents(1)])).toThrow(RangeError);
  });
});

describe('multiplyHalfUp', () => {
  test('C1: a fee of 7 % is rounded half up', () => {
    const fees = [0, 1, 7, 8, 50, 149, 150, 500, 2_500].map((gross) => basisPointsOf(cents(gross), 700));
    // 7 % of 50 is 3.5 and of 150 is 10.5: halves go up.
    expect(fees).toEqual([0, 0, 0, 1, 4, 10, 11, 35, 175]);
  });

  test('C1: the product is exact for every safe amount', () => {
    fc.assert(
      fc.property(
        fc.nat(largest),
        fc.nat(10_000),
        fc.integer({ min: 1, max: 1_000_000 }),
        (amount, numerator, extra) => {
          const denominator = numerator + extra;
          const doubled = 2n * BigInt(multiplyHalfUp(cents(amount), numerator, denominator)) * BigInt(denominator);
          const exact = 2n * BigInt(amount) * BigInt(numerator);
          // The result r is the only whole number with r - 1/2 <= exact < r + 1/2.
          return doubled - BigInt(denominator) <= exact && exact < doubled + BigInt(denominator);
        },
      ),
      { numRuns: 5_000 },
    );
  });

  test('C1: a result beyond the safe range throws', () => {
    expect(() => multiplyHalfUp(cents(largest), 2, 1)).toThrow(RangeError);
  });
});

test.each([
  [0, '$0.00'],
  [5, '$0.05'],
  [1_234_567, '$12,345.67'],
  [-116, '-$1.16'],
])('%i cents are %s to people', (amountCents, text) => {
  expect(dollars(amountCents)).toBe(text);
});
