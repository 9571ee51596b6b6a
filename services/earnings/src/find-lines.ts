import { type Month, readLineId } from '@wewrite/contracts';
import type { Database, Identity } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Schema } from './db.ts';
import { type Line, lineColumns } from './line.ts';
import type { LineKeys } from './line-key.ts';

/** The database, or a transaction of it. */
export type Executor = Database<Schema>['kysely'];

/** A supporter's lines of a run, in order of line id. They lie together in one chunk: no other is read. */
export async function linesOfSupporter(
  executor: Executor,
  { runId, userId }: { readonly runId: string; readonly userId: string },
): Promise<readonly Line[]> {
  const found = await sql<{ chunk: number }>`
    select chunk from chunk
    where run_id = ${runId} and first_user_id <= ${userId} and last_user_id >= ${userId}`.execute(executor);
  // As values, not as a subquery: so the planner knows how few the lines are, and takes the index on their places.
  const chunks = found.rows.map((row) => row.chunk);
  const { rows } = await sql<Line>`
    select ${lineColumns} from line_state
    where run_id = ${runId} and user_id = ${userId} and chunk = any(${chunks}::integer[])
    order by chunk, position`.execute(executor);
  return rows;
}

/** One line by its place in the run. */
export async function lineAt(
  executor: Executor,
  { runId, chunk, position }: Pick<Line, 'runId' | 'chunk' | 'position'>,
): Promise<Line | null> {
  const { rows } = await sql<Line>`
    select ${lineColumns} from line_state
    where run_id = ${runId} and chunk = ${chunk} and position = ${position}`.execute(executor);
  return rows[0] ?? null;
}

const lineKeyForm = /^[0-9a-f]{64}$/;

/**
 * The line that somebody means: its supporter by line id, its writer by line key, an administrator by either. Null when
 * there is none that they may know of.
 */
export async function findLine(
  { database }: Context,
  { lineId, keys, identity }: { readonly lineId: string; readonly keys: LineKeys; readonly identity: Identity },
): Promise<Line | null> {
  const isAdmin = identity.roles.has('admin');
  if (lineKeyForm.test(lineId)) {
    if (!isAdmin && !identity.roles.has('writer')) return null;
    return findByKey(database.kysely, { key: lineId, keys, recipientUserId: isAdmin ? null : identity.userId });
  }
  const named = readLineId(lineId);
  if (named === null || !(isAdmin || (identity.roles.has('supporter') && named.userId === identity.userId)))
    return null;
  const [run] = await calculatedRuns(database.kysely, named.month);
  if (run === undefined) return null;
  const lines = await linesOfSupporter(database.kysely, { runId: run.runId, userId: named.userId });
  return lines.find((line) => line.lineId === lineId) ?? null;
}

/** Newest month first: that is what is asked for most. Without a writer every line of a month may have to be read. */
async function findByKey(
  executor: Executor,
  { key, keys, recipientUserId }: { key: string; keys: LineKeys; recipientUserId: string | null },
): Promise<Line | null> {
  const ofWriter = recipientUserId === null ? sql`true` : sql`recipient_user_id = ${recipientUserId}`;
  for (const { runId } of await calculatedRuns(executor, null)) {
    const { rows } = await sql<Line>`
      select ${lineColumns} from line_state
      where run_id = ${runId} and ${ofWriter}
        and sha256(${keys.pads.outer}::bytea || sha256(${keys.pads.inner}::bytea || convert_to(line_id, 'UTF8')))
          = decode(${key}, 'hex')
      limit 1`.execute(executor);
    if (rows[0] !== undefined) return rows[0];
  }
  return null;
}

async function calculatedRuns(executor: Executor, month: Month | null): Promise<readonly { runId: string }[]> {
  const { rows } = await sql<{ runId: string }>`
    select run_id as "runId" from run
    where kind = 'close' and state = 'calculated' and (${month}::text is null or month = ${month})
    order by month desc`.execute(executor);
  return rows;
}
