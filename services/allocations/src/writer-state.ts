import type { UserId, WriterState } from '@wewrite/contracts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from './db.ts';

/** In a `select`, the state of the writer that a column names; a writer of whom nothing is known is open. */
export function currentWriterState(userIdColumn: string): RawBuilder<WriterState> {
  return stateNow(sql.ref(userIdColumn));
}

/** In a `select`, the state of one writer. */
export function currentStateOf(userId: UserId): RawBuilder<WriterState> {
  return stateNow(sql`${userId}`);
}

function stateNow(userId: RawBuilder<unknown>): RawBuilder<WriterState> {
  return sql<WriterState>`coalesce((
    select state from writer_state where writer_state.user_id = ${userId} and until is null
  ), 'open')`;
}

/** Those of the writers who were not open at a cutoff (A11). What changes at the cutoff itself is of the next month. */
export async function writersClosedAt(
  database: Kysely<Schema>,
  cutoff: Date,
  userIds: readonly UserId[],
): Promise<ReadonlySet<UserId>> {
  const { rows } = await sql<{ user_id: UserId }>`
    select user_id from writer_state
    where user_id = any(${[...new Set(userIds)]}) and state <> 'open' and since < ${cutoff}
      and (until is null or until >= ${cutoff})`.execute(database);
  return new Set(rows.map((row) => row.user_id));
}
