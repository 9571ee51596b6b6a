import {
  type Cents,
  cents,
  type LockedChunk,
  type LockedTotals,
  lineIdOf,
  type ResourceType,
  type Run,
  spread,
  type UserId,
  zeroCents,
} from '@wewrite/contracts';
import { entry } from './column.ts';

/** Supporters in order of user id, as columns, with what they paid for the month. */
export interface SupporterColumns {
  readonly userIds: readonly UserId[];
  readonly paidCents: readonly Cents[];
  readonly invoiceIds: readonly (readonly string[])[];
}

/** Lines as columns: entry `i` of each array is one line; lines of one supporter follow each other. */
export interface LineColumns {
  readonly userIds: readonly UserId[];
  readonly resourceTypes: readonly ResourceType[];
  readonly resourceIds: readonly string[];
  readonly recipientUserIds: readonly UserId[];
  readonly usdCents: readonly Cents[];
}

/**
 * Funds and freezes the lines of whole supporters (A6, A7, B3): the first `count` of them, whose lines come first. A
 * supporter who neither paid nor has a line is left out; one who paid and allocated nothing is in, without lines.
 */
export function lockedChunkOf(
  place: { run: Run; chunk: number },
  supporters: SupporterColumns,
  lines: LineColumns,
  count: number,
): LockedChunk {
  const columns = emptyColumns();
  const totals = { supporters: 0, lines: 0, paidCents: 0, fundedCents: 0, unallocatedCents: 0, unfundedCents: 0 };
  let first = 0;
  for (let index = 0; index < count; index++) {
    const userId = entry(supporters.userIds, index);
    let end = first;
    while (lines.userIds[end] === userId) end++;
    const paidCents = entry(supporters.paidCents, index);
    if (paidCents > 0 || end > first) {
      const order = linesInOrder(place.run, lines, { first, end });
      const funded = fundLines(
        paidCents,
        order.map((line) => entry(lines.usdCents, line)),
      );
      const fundedCents = pushLines(columns.lines, lines, { order, funded });
      const unallocatedCents = cents(paidCents - fundedCents);
      pushSupporter(columns.supporters, {
        userId,
        paidCents,
        fundedCents,
        unallocatedCents,
        invoiceIds: [...entry(supporters.invoiceIds, index)],
        lineCount: order.length,
      });
      totals.supporters += 1;
      totals.lines += order.length;
      totals.paidCents += paidCents;
      totals.fundedCents += fundedCents;
      totals.unallocatedCents += unallocatedCents;
      totals.unfundedCents += order.reduce((sum, line) => sum + entry(lines.usdCents, line), 0) - fundedCents;
    }
    first = end;
  }
  return { part: 'chunk', ...place, currency: 'usd', totals: lockedTotals(totals), ...columns };
}

/**
 * The funded cents of each line, in the order of the lines, which is that of line ids (A6): all of a line where the paid
 * budget covers the plan, nothing where nothing was paid (A7), else in proportion.
 */
export function fundLines(paidCents: Cents, usdCents: readonly Cents[]): readonly Cents[] {
  let wanted = 0;
  for (const each of usdCents) wanted += each;
  if (paidCents >= wanted) return usdCents;
  if (paidCents === 0) return usdCents.map(() => zeroCents);
  return spread(paidCents, usdCents, (a, b) => a - b);
}

/** The places of one supporter's lines in order of line id by UTF-8 bytes. The user id is the same in all: left out. */
function linesInOrder(run: Run, lines: LineColumns, range: { first: number; end: number }): number[] {
  const keyed: { readonly line: number; readonly key: Buffer }[] = [];
  for (let line = range.first; line < range.end; line++) {
    const resource = { resourceType: entry(lines.resourceTypes, line), resourceId: entry(lines.resourceIds, line) };
    keyed.push({ line, key: Buffer.from(lineIdOf('', resource, run.month)) });
  }
  keyed.sort((a, b) => Buffer.compare(a.key, b.key));
  return keyed.map(({ line }) => line);
}

function emptyColumns() {
  return {
    supporters: {
      userIds: [] as UserId[],
      paidCents: [] as Cents[],
      fundedCents: [] as Cents[],
      unallocatedCents: [] as Cents[],
      invoiceIds: [] as string[][],
      lineCounts: [] as number[],
    },
    lines: {
      resourceTypes: [] as ResourceType[],
      resourceIds: [] as string[],
      recipientUserIds: [] as UserId[],
      usdCents: [] as Cents[],
      fundedCents: [] as Cents[],
    },
  };
}

function pushSupporter(
  columns: ReturnType<typeof emptyColumns>['supporters'],
  supporter: {
    userId: UserId;
    paidCents: Cents;
    fundedCents: Cents;
    unallocatedCents: Cents;
    invoiceIds: string[];
    lineCount: number;
  },
): void {
  columns.userIds.push(supporter.userId);
  columns.paidCents.push(supporter.paidCents);
  columns.fundedCents.push(supporter.fundedCents);
  columns.unallocatedCents.push(supporter.unallocatedCents);
  columns.invoiceIds.push(supporter.invoiceIds);
  columns.lineCounts.push(supporter.lineCount);
}

/** Appends a supporter's lines; returns what of them is funded. */
function pushLines(
  columns: ReturnType<typeof emptyColumns>['lines'],
  lines: LineColumns,
  of: { order: readonly number[]; funded: readonly Cents[] },
): Cents {
  let fundedCents = 0;
  of.order.forEach((line, position) => {
    const funded = entry(of.funded, position);
    columns.resourceTypes.push(entry(lines.resourceTypes, line));
    columns.resourceIds.push(entry(lines.resourceIds, line));
    columns.recipientUserIds.push(entry(lines.recipientUserIds, line));
    columns.usdCents.push(entry(lines.usdCents, line));
    columns.fundedCents.push(funded);
    fundedCents += funded;
  });
  return cents(fundedCents);
}

function lockedTotals(totals: Record<keyof LockedTotals, number>): LockedTotals {
  return {
    supporters: totals.supporters,
    lines: totals.lines,
    paidCents: cents(totals.paidCents),
    fundedCents: cents(totals.fundedCents),
    unallocatedCents: cents(totals.unallocatedCents),
    unfundedCents: cents(totals.unfundedCents),
  };
}
