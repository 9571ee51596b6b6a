import { describe, expect, test } from '@jest/globals';
import { replaceSection } from './results.ts';
import { growthExponentOf, summaryOf } from './statistics.ts';

describe('results', () => {
  test('A benchmark replaces its own section and leaves the others', () => {
    const first = replaceSection(replaceSection('# Results\n', 'close', 'old'), 'ledger', 'kept');
    const second = replaceSection(first, 'close', 'new\n');
    expect(second).toContain('<!-- begin close -->\nnew\n<!-- end close -->');
    expect(second).toContain('kept');
    expect(second).not.toContain('old');
  });
});

describe('statistics', () => {
  test('The median of an even number of rounds lies between the two in the middle', () => {
    expect(summaryOf([4, 1, 3, 2])).toEqual({ median: 2.5, lowest: 1, highest: 4 });
    expect(summaryOf([7])).toEqual({ median: 7, lowest: 7, highest: 7 });
  });

  test('Linear work grows with exponent 1, quadratic work with 2, and one size tells nothing', () => {
    const grown = (power: number) => [10, 100, 1_000].map((size) => ({ size, seconds: 3 * size ** power }));
    expect(growthExponentOf(grown(1))).toBeCloseTo(1);
    expect(growthExponentOf(grown(2))).toBeCloseTo(2);
    expect(growthExponentOf(grown(1).slice(0, 1))).toBeNull();
  });
});
