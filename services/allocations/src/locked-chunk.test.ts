import { describe, expect, test } from '@jest/globals';
import { cents, compareUtf8, LockedChunkSchema, lineIdOf, month, UserIdSchema } from '@wewrite/contracts';
import fc from 'fast-check';
import { fundLines, type LineColumns, lockedChunkOf, type SupporterColumns } from './locked-chunk.ts';
import { closeRunOf } from './month-close.ts';

const run = closeRunOf(month('2026-11'));

interface Supporter {
  readonly userId: string;
  readonly paidCents: number;
  readonly lines: readonly { readonly resourceId: string; readonly usdCents: number }[];
}

function chunkOf(people: readonly Supporter[], count = people.length) {
  const lines = people.flatMap(({ userId, lines: own }) => own.map((line) => ({ ...line, userId })));
  const supporters: SupporterColumns = {
    userIds: people.map(({ userId }) => UserIdSchema.parse(userId)),
    paidCents: people.map(({ paidCents }) => cents(paidCents)),
    invoiceIds: people.map(({ userId }) => [`in_${userId}`]),
  };
  const columns: LineColumns = {
    userIds: lines.map(({ userId }) => UserIdSchema.parse(userId)),
    resourceTypes: lines.map(() => 'page'),
    resourceIds: lines.map(({ resourceId }) => resourceId),
    recipientUserIds: lines.map(() => UserIdSchema.parse('wanda')),
    usdCents: lines.map(({ usdCents }) => cents(usdCents)),
  };
  return lockedChunkOf({ run, chunk: 0 }, supporters, columns, count);
}

describe('a frozen chunk', () => {
  test('B3: what is not allocated of the paid budget is unallocated', () => {
    const chunk = chunkOf([{ userId: 'sam', paidCents: 1_000, lines: [{ resourceId: 'a', usdCents: 600 }] }]);
    expect(chunk.supporters).toMatchObject({ fundedCents: [600], unallocatedCents: [400], lineCounts: [1] });
    expect(chunk.totals).toMatchObject({ lines: 1, fundedCents: 600, unallocatedCents: 400, unfundedCents: 0 });
  });

  test('A6: a shrunken budget funds in proportion, the cents left over by remainder, then by line id', () => {
    const lines = ['c', 'b', 'a'].map((resourceId) => ({ resourceId, usdCents: 333 }));
    const chunk = chunkOf([{ userId: 'sam', paidCents: 500, lines }]);
    expect(chunk.lines.resourceIds).toEqual(['a', 'b', 'c']);
    expect(chunk.lines.fundedCents).toEqual([167, 167, 166]);
    expect(chunk.totals).toMatchObject({ fundedCents: 500, unallocatedCents: 0, unfundedCents: 499 });
  });

  test('A7: without a paid budget the lines are there, and unfunded', () => {
    const chunk = chunkOf([{ userId: 'sam', paidCents: 0, lines: [{ resourceId: 'a', usdCents: 600 }] }]);
    expect(chunk.lines).toMatchObject({ usdCents: [600], fundedCents: [0] });
    expect(chunk.totals).toMatchObject({ paidCents: 0, fundedCents: 0, unfundedCents: 600 });
  });

  test('B3: who paid and allocated nothing is in it, who did neither is not', () => {
    const chunk = chunkOf([
      { userId: 'idle', paidCents: 700, lines: [] },
      { userId: 'nobody', paidCents: 0, lines: [] },
    ]);
    expect(chunk.supporters).toMatchObject({ userIds: ['idle'], unallocatedCents: [700], lineCounts: [0] });
  });

  test('a smaller count takes whole supporters with their own lines', () => {
    const people = ['a', 'b', 'c'].map((userId) => ({
      userId,
      paidCents: 10,
      lines: [{ resourceId: userId, usdCents: 5 }],
    }));
    expect(chunkOf(people, 2).lines.resourceIds).toEqual(['a', 'b']);
  });

  test('lines are in order of line id by UTF-8 bytes, whatever the ids', () => {
    const ids = ['a_b', 'a-b', 'a.b', 'a%b', 'a', 'ab', 'ä', '\u{1F600}', '\uFFFD', 'A', 'a_', 'a!'];
    const chunk = chunkOf([
      { userId: 'sam', paidCents: 5, lines: ids.map((resourceId) => ({ resourceId, usdCents: 1 })) },
    ]);
    const lineIds = ids.map((resourceId) => lineIdOf('sam', { resourceType: 'page', resourceId }, run.month));
    const found = chunk.lines.resourceIds.map((resourceId) =>
      lineIdOf('sam', { resourceType: 'page', resourceId }, run.month),
    );
    expect(found).toEqual(lineIds.sort(compareUtf8));
    expect(chunk.lines.fundedCents.slice(0, 6)).toEqual([1, 1, 1, 1, 1, 0]);
  });

  test('B3: any supporters: funded and unallocated are the paid budget, and the totals are those of the columns', () => {
    const amount = fc.oneof(fc.integer({ min: 0, max: 2_000 }), fc.integer({ min: 0, max: 2 ** 40 }));
    const lines = fc.uniqueArray(
      fc.record({
        resourceId: fc.string({ minLength: 3, maxLength: 9, unit: fc.constantFrom('a', '_', '%', 'é') }),
        usdCents: amount.map((value) => value + 1),
      }),
      { maxLength: 8, selector: (line) => line.resourceId },
    );
    const people = fc.uniqueArray(
      fc.record({
        userId: fc.string({ minLength: 1, maxLength: 4, unit: fc.constantFrom('u', 'v') }),
        paidCents: amount,
        lines,
      }),
      { maxLength: 6, selector: (one) => one.userId },
    );
    fc.assert(
      fc.property(people, (some) => {
        const chunk = chunkOf(some);
        expect(LockedChunkSchema.parse(chunk)).toEqual(chunk);
        const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
        chunk.supporters.paidCents.forEach((paidCents, index) => {
          expect((chunk.supporters.fundedCents[index] ?? 0) + (chunk.supporters.unallocatedCents[index] ?? 0)).toBe(
            paidCents,
          );
        });
        expect(chunk.totals).toEqual({
          supporters: chunk.supporters.userIds.length,
          lines: chunk.lines.usdCents.length,
          paidCents: sum(chunk.supporters.paidCents),
          fundedCents: sum(chunk.lines.fundedCents),
          unallocatedCents: sum(chunk.supporters.unallocatedCents),
          unfundedCents: sum(chunk.lines.usdCents) - sum(chunk.lines.fundedCents),
        });
      }),
    );
  });
});

describe('funding one plan', () => {
  test('A6: all of every line where the budget covers the plan exactly', () => {
    expect(fundLines(cents(30), [cents(10), cents(20)])).toEqual([10, 20]);
  });
});
