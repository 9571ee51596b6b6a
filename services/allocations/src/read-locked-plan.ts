import { zstdDecompressSync } from 'node:zlib';
import {
  type Allocation,
  type AllocationSummary,
  type LockedChunk,
  LockedChunkSchema,
  lineIdOf,
  type Month,
  sumCents,
  type UserId,
  zeroCents,
} from '@wewrite/contracts';
import { type Kysely, sql } from 'kysely';
import { entry } from './column.ts';
import type { Schema } from './db.ts';
import { totalsFrom } from './plan.ts';
import { summaryAnswer } from './plan-answer.ts';

/** A supporter's part of a locked month, from the frozen chunk (B1); null while the month is not locked. */
export async function readLockedPlan(
  database: Kysely<Schema>,
  of: { userId: UserId; month: Month; now: Date },
): Promise<{ summary: AllocationSummary; allocations: Allocation[] } | null> {
  const { rows } = await sql<{ payload: Buffer | null }>`
    select payload from month_close left join close_chunk
      on close_chunk.run_id = month_close.run_id and ${of.userId} between first_user_id and last_user_id
    where month = ${of.month} and state = 'locked'`.execute(database);
  const [row] = rows;
  if (row === undefined) return null;
  const chunk = row.payload === null ? null : chunkOf(row.payload);
  const index = chunk?.supporters.userIds.indexOf(of.userId) ?? -1;
  const allocations = chunk === null || index < 0 ? [] : lockedLines(chunk, index);
  const paidCents = chunk?.supporters.paidCents[index] ?? zeroCents;
  return {
    summary: summaryAnswer({
      month: of.month,
      funding: paidCents > 0 ? 'paid' : 'none',
      totals: totalsFrom(paidCents, sumCents(allocations.map((line) => line.usdCents))),
      version: null,
      now: of.now,
    }),
    allocations,
  };
}

function chunkOf(payload: Buffer): LockedChunk {
  return LockedChunkSchema.parse(JSON.parse(zstdDecompressSync(payload).toString('utf8')));
}

/** The lines of the supporter at `index`: they follow those of the supporters before. */
function lockedLines({ run: { month }, supporters, lines }: LockedChunk, index: number): Allocation[] {
  const first = supporters.lineCounts.slice(0, index).reduce((sum, count) => sum + count, 0);
  return Array.from({ length: entry(supporters.lineCounts, index) }, (_, place) => {
    const line = first + place;
    const resource = {
      resourceType: entry(lines.resourceTypes, line),
      resourceId: entry(lines.resourceIds, line),
    };
    return {
      lineId: lineIdOf(entry(supporters.userIds, index), resource, month),
      month,
      ...resource,
      recipientUserId: entry(lines.recipientUserIds, line),
      usdCents: entry(lines.usdCents, line),
      fundedCents: entry(lines.fundedCents, line),
      status: 'locked',
      version: null,
      writerState: null,
    };
  });
}
