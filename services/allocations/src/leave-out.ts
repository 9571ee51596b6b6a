import { type Cents, cents, type UserId } from '@wewrite/contracts';
import { entry } from './column.ts';
import type { LineColumns } from './locked-chunk.ts';

/** Lines that are funded like any other, and those that are left out before that (A11). */
export interface SortedLines {
  readonly lines: LineColumns;
  readonly leftOut: LineColumns;
}

/** Takes out the lines of writers who were not open at the cutoff; the order of the others stays. */
export function leaveOut(lines: LineColumns, closedWriters: ReadonlySet<UserId>): SortedLines {
  const isLeftOut = lines.recipientUserIds.map((userId) => closedWriters.has(userId));
  return {
    lines: linesWhere(lines, (line) => !entry(isLeftOut, line)),
    leftOut: linesWhere(lines, (line) => entry(isLeftOut, line)),
  };
}

/** How many of the lines are these supporters', and what they sum up to. */
export function countOf(lines: LineColumns, userIds: ReadonlySet<UserId>): { lines: number; usdCents: Cents } {
  const own = linesWhere(lines, (line) => userIds.has(entry(lines.userIds, line)));
  return { lines: own.userIds.length, usdCents: cents(own.usdCents.reduce((sum, each) => sum + each, 0)) };
}

function linesWhere(lines: LineColumns, isIn: (line: number) => boolean): LineColumns {
  const only = <Value>(column: readonly Value[]) => column.filter((_, line) => isIn(line));
  return {
    userIds: only(lines.userIds),
    resourceTypes: only(lines.resourceTypes),
    resourceIds: only(lines.resourceIds),
    recipientUserIds: only(lines.recipientUserIds),
    usdCents: only(lines.usdCents),
  };
}
