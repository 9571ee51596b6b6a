import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Cents, cents } from './money.ts';
import { compareUtf8, spread } from './spread.ts';

const byIndex = (a: number, b: number) => a - b;

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** A6 in one cent at a time: each left-over cent goes to the part that is furthest below its exact share, then by order. */
function oracle(total: number, weights: readonly number[], precedes: (a: number, b: number) => number): number[] {
  const weightSum = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
  if (weightSum === 0n) return weights.map(() => 0);
  const exact = weights.map((weight) => BigInt(total) * BigInt(weight));
  const shares = exact.map((product) => product / weightSum);
  const raised = new Set<number>();
  while (shares.reduce((sum, share) => sum + share, 0n) < BigInt(total)) {
    let best = -1;
    for (let part = 0; part < weights.length; part++) {
      if (raised.has(part)) continue;
      const gap = (exact[part] ?? 0n) % weightSum;
      const bestGap = best < 0 ? -1n : (exact[best] ?? 0n) % weightSum;
      if (gap > bestGap || (gap === bestGap && precedes(part, best) < 0)) best = part;
    }
    raised.add(best);
    shares[best] = (shares[best] ?? 0n) + 1n;
  }
  return shares.map(Number);
}

/** Every list of `length` weights from 0 to `most`. */
function* weightLists(length: number, most: number): Generator<number[]> {
  if (length === 0) return yield [];
  for (const rest of weightLists(length - 1, most)) {
    for (let weight = 0; weight <= most; weight++) yield [...rest, weight];
  }
}

const amount = fc.oneof(fc.nat(100), fc.nat(99_999_999), fc.nat(Number.MAX_SAFE_INTEGER));
const anyWeights = fc.array(amount, { minLength: 1, maxLength: 40 }).filter((weights) => sumOf(weights) > 0);

describe('spread', () => {
  test('A6: every small split is the one that the rule says', () => {
    let wrong = 0;
    for (let length = 1; length <= 4; length++) {
      for (const weights of weightLists(length, 5)) {
        if (sumOf(weights) === 0) continue;
        for (let total = 0; total <= 12; total++) {
          const shares = spread(cents(total), weights as Cents[], byIndex);
          if (shares.join() !== oracle(total, weights, byIndex).join()) wrong++;
        }
      }
    }
    expect(wrong).toBe(0);
  });

  test('A6: large splits beyond exact doubles are the ones that the rule says', () => {
    fc.assert(
      fc.property(amount, anyWeights, (total, weights) => {
        expect(spread(cents(total), weights as Cents[], byIndex)).toEqual(oracle(total, weights, byIndex));
      }),
      { numRuns: 2_000 },
    );
  });

  test('A6: shares add up to the total, and each is within a cent of its exact share', () => {
    fc.assert(
      fc.property(amount, anyWeights, (total, weights) => {
        const shares = spread(cents(total), weights as Cents[], byIndex);
        const weightSum = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
        expect(shares.reduce((sum, share) => sum + BigInt(share), 0n)).toBe(BigInt(total));
        shares.forEach((share, part) => {
          const exact = BigInt(total) * BigInt(weights[part] ?? 0);
          const difference = BigInt(share) * weightSum - exact;
          expect(difference > -weightSum && difference < weightSum).toBe(true);
        });
      }),
      { numRuns: 2_000 },
    );
  });

  test('A6: a budget that covers the plan funds each line with what was allocated', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(99_999_999), { minLength: 1, maxLength: 500 }), (weights) => {
        fc.pre(sumOf(weights) > 0);
        expect(spread(cents(sumOf(weights)), weights as Cents[], byIndex)).toEqual(weights);
      }),
      { numRuns: 200 },
    );
  });

  test('A6: no line is funded with more than was allocated when the budget is the smaller', () => {
    fc.assert(
      fc.property(anyWeights, fc.nat(1_000_000), (weights, share) => {
        const planned = weights.reduce((sum, weight) => sum + BigInt(weight), 0n);
        const total = Number((planned * BigInt(share)) / 1_000_001n);
        fc.pre(Number.isSafeInteger(total));
        const shares = spread(cents(total), weights as Cents[], byIndex);
        expect(shares.every((funded, part) => funded <= (weights[part] ?? 0))).toBe(true);
      }),
      { numRuns: 2_000 },
    );
  });

  test('A6: the order in which lines are given changes no share', () => {
    const named = fc.uniqueArray(fc.record({ id: fc.string({ unit: 'binary' }), weight: amount }), {
      selector: (line) => line.id,
      minLength: 1,
      maxLength: 12,
    });
    const spreadNamed = (total: number, lines: readonly { id: string; weight: number }[]) => {
      const shares = spread(
        cents(total),
        lines.map((line) => cents(line.weight)),
        (a, b) => compareUtf8(lines[a]?.id ?? '', lines[b]?.id ?? ''),
      );
      return new Map(lines.map((line, part) => [line.id, shares[part]]));
    };
    fc.assert(
      fc.property(fc.nat(99_999_999), named, (total, lines) => {
        fc.pre(lines.some((line) => line.weight > 0));
        const backwards = spreadNamed(total, [...lines].reverse());
        for (const [id, share] of spreadNamed(total, lines)) expect(backwards.get(id)).toBe(share);
      }),
      { numRuns: 1_000 },
    );
  });

  test('A6: equal remainders go to the smaller line id by UTF-8 bytes, not by UTF-16 units', () => {
    // By UTF-16 units U+1F600 (a surrogate pair) comes before U+FB01, by UTF-8 bytes after it.
    const ids = ['\u{1F600}', '\uFB01', 'z', '-'];
    const precedes = (a: number, b: number) => compareUtf8(ids[a] ?? '', ids[b] ?? '');
    const even = ids.map(() => cents(10));
    expect(spread(cents(1), even, precedes)).toEqual([0, 0, 0, 1]);
    expect(spread(cents(2), even, precedes)).toEqual([0, 0, 1, 1]);
    expect(spread(cents(3), even, precedes)).toEqual([0, 1, 1, 1]);
  });

  test('A6: a plan of $10 on a budget of $9.99 loses one cent, from the line with the smallest remainder', () => {
    expect(spread(cents(999), [cents(500), cents(300), cents(200)], byIndex)).toEqual([499, 300, 200]);
  });

  test('A7: without a budget every line gets 0, also lines without weight', () => {
    expect(spread(cents(0), [cents(5), cents(0)], byIndex)).toEqual([0, 0]);
    expect(spread(cents(0), [cents(0)], byIndex)).toEqual([0]);
    expect(spread(cents(0), [], byIndex)).toEqual([]);
  });

  test('A6: what cannot be spread is refused: negative totals and weights, or a total over nothing', () => {
    expect(() => spread(cents(-1), [cents(1)], byIndex)).toThrow(RangeError);
    expect(() => spread(cents(1), [cents(2), cents(-1)], byIndex)).toThrow(RangeError);
    expect(() => spread(cents(1), [cents(0)], byIndex)).toThrow(RangeError);
    expect(() => spread(cents(1), [], byIndex)).toThrow(RangeError);
  });
});

describe('compareUtf8', () => {
  test('A6: strings are ordered by their bytes, as Postgres does with collate "C"', () => {
    const sorted = ['', '%', '-', '.', 'A', 'Z', '_', 'a', 'a-', 'aa', 'é', '\uFB01', '\u{1F600}'];
    expect([...sorted].reverse().sort(compareUtf8)).toEqual(sorted);
  });
});
