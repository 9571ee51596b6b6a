import { describe, expect, test } from '@jest/globals';
import { basisPointsOf, cents, lineIdOf, month, spread, sumCents } from '@wewrite/contracts';
import fc from 'fast-check';
import { type Line, leftOf } from '../line.ts';
import { type LinePart, movementOf, settledKindOf, spreadReversal, sumParts } from './reversal.ts';

const november = month('2026-11');

/** A supporter's lines with their fees, all to writers who have no other lines. */
function linesOf(fundedCents: readonly number[], feeBasisPoints: number): Line[] {
  const funded = fundedCents.map(cents);
  const fees = spread(basisPointsOf(sumCents(funded), feeBasisPoints), funded, (a, b) => a - b);
  return funded.map((amount, index) => ({
    runId: 'run',
    chunk: 0,
    position: index + 1,
    lineId: lineIdOf('ada', { resourceType: 'page', resourceId: `p${index}` }, november),
    month: november,
    userId: 'ada',
    recipientUserId: `w${index}`,
    resourceType: 'page',
    resourceId: `p${index}`,
    status: 'processed',
    usdCents: amount,
    fundedCents: amount,
    feeCents: fees[index]!,
    takenGrossCents: cents(0),
    takenFeeCents: cents(0),
    disputedGrossCents: cents(0),
    disputedFeeCents: cents(0),
  }));
}

function taken(lines: readonly Line[], parts: readonly LinePart[]): Line[] {
  return lines.map((line) => {
    const part = parts.find((one) => one.position === line.position);
    return {
      ...line,
      takenGrossCents: cents(line.takenGrossCents + (part?.grossCents ?? 0)),
      takenFeeCents: cents(line.takenFeeCents + (part?.feeCents ?? 0)),
    };
  });
}

describe('spreading a reversal', () => {
  test('E5: goes over lines and the unallocated part by what is left of each; the latter comes last on ties', () => {
    const lines = linesOf([100, 100], 700);
    const parts = spreadReversal(cents(100), { lines, unallocatedCents: cents(100) });
    expect(parts.lines.map((part) => part.grossCents)).toEqual([34, 33]);
    expect(parts.unallocatedCents).toBe(33);
  });

  test('E5: a fee returns as remaining fee × reversed ÷ remaining funded, rounded half up', () => {
    const [line] = linesOf([100], 700);
    const first = spreadReversal(cents(50), { lines: [line!], unallocatedCents: cents(0) });
    expect(first.lines).toEqual([expect.objectContaining({ grossCents: 50, feeCents: 4 })]);
    const second = spreadReversal(cents(50), { lines: taken([line!], first.lines), unallocatedCents: cents(0) });
    expect(second.lines).toEqual([expect.objectContaining({ grossCents: 50, feeCents: 3 })]);
  });

  test('E5: takes nothing that is not there', () => {
    const lines = linesOf([10], 700);
    expect(() => spreadReversal(cents(12), { lines, unallocatedCents: cents(1) })).toThrow(RangeError);
    expect(spreadReversal(cents(0), { lines: [], unallocatedCents: cents(0) })).toEqual({
      lines: [],
      unallocatedCents: 0,
    });
  });

  test('E5: any sequence of partial refunds gives back exactly the total, and nothing is ever below 0', () => {
    const month = fc.record({
      funded: fc.array(fc.integer({ min: 0, max: 3_000 }), { maxLength: 12 }),
      unallocated: fc.integer({ min: 0, max: 3_000 }),
      feeBasisPoints: fc.integer({ min: 0, max: 10_000 }),
      cuts: fc.array(fc.nat(), { maxLength: 8 }),
    });
    fc.assert(
      fc.property(month, ({ funded, unallocated, feeBasisPoints, cuts }) => {
        let lines = linesOf(funded, feeBasisPoints);
        let unallocatedCents = cents(unallocated);
        const total = sumCents([...funded.map(cents), unallocatedCents]);
        const marks = [...cuts.map((cut) => cut % (total + 1)), total].sort((a, b) => a - b);
        let done = 0;
        for (const mark of marks) {
          const parts = spreadReversal(cents(mark - done), { lines, unallocatedCents });
          expect(sumParts(parts.lines).grossCents + parts.unallocatedCents).toBe(mark - done);
          lines = taken(lines, parts.lines);
          unallocatedCents = cents(unallocatedCents - parts.unallocatedCents);
          done = mark;
          expect(unallocatedCents).toBeGreaterThanOrEqual(0);
          for (const { grossCents, feeCents } of lines.map(leftOf)) {
            expect(feeCents).toBeGreaterThanOrEqual(0);
            expect(grossCents).toBeGreaterThanOrEqual(feeCents);
          }
        }
        expect([unallocatedCents, ...lines.flatMap((line) => Object.values(leftOf(line)))]).toEqual(
          Array(1 + 2 * lines.length).fill(0),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('what a reversal moves', () => {
  test.each([
    ['refund', null, 1, 0],
    ['operator', 'a hold', 1, 0],
    ['refund_failed', 'a refund', -1, 0],
    ['dispute_opened', null, 0, 1],
    ['dispute_won', 'a dispute', 0, -1],
    ['dispute_lost', 'a dispute', 1, -1],
    ['dispute_lost', null, 1, 0],
  ] as const)('E5: %s of %s: taken %i, disputed %i', (kind, settles, taken, disputed) => {
    expect(movementOf({ kind, settles })).toEqual({ taken, disputed });
  });

  test.each([
    ['refund_failed', 'refund'],
    ['dispute_won', 'dispute_opened'],
    ['dispute_lost', 'dispute_opened'],
    ['refund', null],
    ['operator', null],
  ] as const)('E5: %s settles %s', (kind, settled) => {
    expect(settledKindOf({ kind, settles: 'another' })).toBe(settled);
  });
});
