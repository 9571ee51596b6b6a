import { describe, expect, test } from '@jest/globals';
import { byBytes, halfUp, split } from './arithmetic.ts';

describe('split', () => {
  test('A6: $9.99 over $5, $3 and $2 is 499.5, 299.7 and 199.8: the cents left over go to .8 and .7', () => {
    expect(split(999, [500, 300, 200])).toEqual([499, 300, 200]);
  });

  test('A6: of equal remainders the earlier part has the cent', () => {
    expect(split(2, [1, 1, 1])).toEqual([1, 1, 0]);
    expect(split(1, [0, 3, 3])).toEqual([0, 1, 0]);
  });

  test('A7: nothing is split into nothing, and nothing weighs nothing', () => {
    expect(split(0, [3, 4])).toEqual([0, 0]);
    expect(split(0, [])).toEqual([]);
    expect(split(0, [0])).toEqual([0]);
  });

  test('A6: products beyond exact doubles stay exact', () => {
    // 9,007,199,254,740,991 × 2 ÷ 3 = 6,004,799,503,160,660.67; × 1 ÷ 3 = 3,002,399,751,580,330.33
    expect(split(Number.MAX_SAFE_INTEGER, [2, 1])).toEqual([6_004_799_503_160_661, 3_002_399_751_580_330]);
  });
});

test.each([
  [50, 700, 10_000, 4],
  [49, 700, 10_000, 3],
  [0, 700, 10_000, 0],
  [1, 1, 2, 1],
  [1, 1, 3, 0],
])('C1: %i × %i ÷ %i is %i, halves up', (amount, numerator, denominator, expected) => {
  expect(halfUp(amount, numerator, denominator)).toBe(expected);
});

test('A6: ids are ordered by the bytes of UTF-8, in which U+1F600 comes after U+FB01', () => {
  expect(['\u{1F600}', '\uFB01', 'z', '-'].sort(byBytes)).toEqual(['-', 'z', '\uFB01', '\u{1F600}']);
});
