import type { LockedChunk, LockedTotals, UserId } from '@wewrite/contracts';
import { cents } from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';

/** A chunk that adds up, with what its columns leave unsaid: each line's supporter, each supporter's unfunded cents. */
export interface TalliedChunk {
  readonly chunk: LockedChunk;
  readonly lineUserIds: readonly UserId[];
  readonly unfundedCents: readonly number[];
  /** Counted from the rows themselves. */
  readonly totals: LockedTotals;
}

/**
 * Counts a chunk from its rows (B3, B5). Throws an AssertionFailure when its columns do not fit together, a supporter's
 * funded and unallocated cents are not the paid budget, or the rows are not what the chunk says of itself.
 */
export function tallyChunk(chunk: LockedChunk): TalliedChunk {
  assertColumnsFit(chunk);
  const lineUserIds: UserId[] = [];
  const unfundedCents: number[] = [];
  const sums = { paidCents: 0, fundedCents: 0, unallocatedCents: 0, unfundedCents: 0 };
  for (const [index, userId] of chunk.supporters.userIds.entries()) {
    const paidCents = entry(chunk.supporters.paidCents, index);
    const fundedCents = entry(chunk.supporters.fundedCents, index);
    const unallocatedCents = entry(chunk.supporters.unallocatedCents, index);
    const lineCount = entry(chunk.supporters.lineCounts, index);
    const lines = sumLines(chunk, lineUserIds.length, lineCount);
    assert(
      fundedCents + unallocatedCents === paidCents,
      `B3: ${userId}: funded and unallocated are not the paid budget`,
    );
    assert(lines.fundedCents === fundedCents, `B3: ${userId}: the lines' funded cents are not the supporter's`);
    for (let line = 0; line < lineCount; line++) lineUserIds.push(userId);
    unfundedCents.push(lines.unfundedCents);
    sums.paidCents += paidCents;
    sums.fundedCents += fundedCents;
    sums.unallocatedCents += unallocatedCents;
    sums.unfundedCents += lines.unfundedCents;
  }
  assert(lineUserIds.length === chunk.lines.usdCents.length, 'a chunk has lines of no supporter');
  const totals = {
    supporters: chunk.supporters.userIds.length,
    lines: lineUserIds.length,
    paidCents: cents(sums.paidCents),
    fundedCents: cents(sums.fundedCents),
    unallocatedCents: cents(sums.unallocatedCents),
    unfundedCents: cents(sums.unfundedCents),
  };
  for (const [name, counted] of Object.entries(totals)) {
    const said = chunk.totals[name as keyof LockedTotals];
    assert(said === counted, `B3: the chunk says ${name} ${said}, its rows ${counted}`);
  }
  return { chunk, lineUserIds, unfundedCents, totals };
}

/** The counters of the series `lines`, in their order. */
export function countersOf(chunks: number, totals: LockedTotals): number[] {
  return [
    chunks,
    totals.supporters,
    totals.lines,
    totals.paidCents,
    totals.fundedCents,
    totals.unallocatedCents,
    totals.unfundedCents,
  ];
}

function sumLines(chunk: LockedChunk, first: number, count: number): { fundedCents: number; unfundedCents: number } {
  let fundedCents = 0;
  let unfundedCents = 0;
  for (let index = first; index < first + count; index++) {
    const funded = entry(chunk.lines.fundedCents, index);
    const unfunded = entry(chunk.lines.usdCents, index) - funded;
    assert(unfunded >= 0, 'a line is funded beyond its allocation');
    fundedCents += funded;
    unfundedCents += unfunded;
  }
  return { fundedCents, unfundedCents };
}

function assertColumnsFit({ supporters, lines }: LockedChunk): void {
  for (const columns of [supporters, lines]) {
    const lengths = new Set(Object.values(columns).map((column) => column.length));
    assert(lengths.size === 1, 'the columns of a chunk differ in length');
  }
}

function entry(column: readonly number[], index: number): number {
  const value = column[index];
  assert(value !== undefined, 'the columns of a chunk differ in length');
  return value;
}
