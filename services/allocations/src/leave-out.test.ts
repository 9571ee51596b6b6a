import { expect, test } from '@jest/globals';
import { cents, type UserId, UserIdSchema } from '@wewrite/contracts';
import fc from 'fast-check';
import { countOf, leaveOut } from './leave-out.ts';
import type { LineColumns } from './locked-chunk.ts';

const line = fc.record({
  supporter: fc.constantFrom('ann', 'bob', 'cid'),
  writer: fc.constantFrom('wanda', 'walt', 'wim'),
  usdCents: fc.integer({ min: 1, max: 900 }),
});
const users = (names: readonly string[]): ReadonlySet<UserId> => new Set(names.map((name) => UserIdSchema.parse(name)));

test('A11: what is left out and what is not are all lines, in their order, and counted by supporter', () => {
  fc.assert(
    fc.property(fc.array(line), fc.subarray(['wanda', 'walt', 'wim']), (rows, closed) => {
      const all: LineColumns = {
        userIds: rows.map(({ supporter }) => UserIdSchema.parse(supporter)),
        resourceTypes: rows.map(() => 'page'),
        resourceIds: rows.map((_, index) => String(index)),
        recipientUserIds: rows.map(({ writer }) => UserIdSchema.parse(writer)),
        usdCents: rows.map(({ usdCents }) => cents(usdCents)),
      };
      const { lines, leftOut } = leaveOut(all, users(closed));
      const isClosed = (index: number) => closed.includes(rows[index]?.writer ?? '');
      expect(lines.resourceIds).toEqual(all.resourceIds.filter((_, index) => !isClosed(index)));
      expect(leftOut.resourceIds).toEqual(all.resourceIds.filter((_, index) => isClosed(index)));
      const counted = ['ann', 'bob', 'cid'].map((supporter) => countOf(leftOut, users([supporter])));
      expect(counted.reduce((sum, { lines: count }) => sum + count, 0)).toBe(leftOut.userIds.length);
      expect(counted.reduce((sum, { usdCents }) => sum + usdCents, 0)).toBe(
        leftOut.usdCents.reduce((sum, each) => sum + each, 0),
      );
    }),
  );
});
