import type { Month, UserId } from '@wewrite/contracts';
import { type Kysely, type RawBuilder, sql } from 'kysely';
import type { Schema } from './db.ts';
import type { LineColumns } from './locked-chunk.ts';

/** Which lines: of one supporter, or of those after one up to another, at most `limit` in order of user id. */
export type LineRange =
  | { readonly userId: UserId }
  | { readonly afterUserId: string; readonly upToUserId: string; readonly limit: number };

/**
 * The lines of a month as they were at its cutoff, however the plans have changed since: standing rows from before the
 * cutoff, and replaced rows that were in force at it. `laterMonths` are those in which changes since can be.
 */
export async function readLinesAtCutoff(
  database: Kysely<Schema>,
  of: { month: Month; cutoff: Date; laterMonths: readonly Month[]; range: LineRange },
): Promise<LineColumns> {
  const users = usersIn(of.range);
  const limit = 'limit' in of.range ? of.range.limit : null;
  // One row of JSON arrays: parsing them is several times faster than a row object for each line.
  const { rows } = await sql<LineColumns>`
    select coalesce(json_agg(user_id), '[]') as "userIds",
      coalesce(json_agg(resource_type), '[]') as "resourceTypes",
      coalesce(json_agg(resource_id), '[]') as "resourceIds",
      coalesce(json_agg(recipient_user_id), '[]') as "recipientUserIds",
      coalesce(json_agg(usd_cents), '[]') as "usdCents"
    from (
      select user_id, resource_type, resource_id, recipient_user_id, usd_cents
      from allocation where ${users} and since < ${of.cutoff}
      union all
      select user_id, resource_type, resource_id, before_recipient_user_id, before_cents
      from allocation_change
      where ${users} and month = any(${of.laterMonths}) and before_month <= ${of.month} and before_month < month
      order by user_id limit ${limit}
    ) as line`.execute(database);
  const [columns] = rows;
  if (columns === undefined) throw new Error('an aggregate has one row');
  return columns;
}

function usersIn(range: LineRange): RawBuilder<unknown> {
  return 'userId' in range
    ? sql`user_id = ${range.userId}`
    : sql`user_id > ${range.afterUserId} and user_id <= ${range.upToUserId}`;
}
