import type { Month, UserId } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { ChangeCause, Schema } from './db.ts';
import { type PlanChange, resourceKeyOf } from './plan.ts';
import { notifyOfPlans } from './plan-feed.ts';

/** A decided change with its place in the plan's history (A10). */
export interface MadeChange extends PlanChange {
  readonly userId: UserId;
  readonly month: Month;
  readonly at: Date;
  readonly version: number;
  readonly requestId: string;
  readonly cause: ChangeCause;
  /** Who, where that is not the plan's owner. */
  readonly changedBy?: UserId;
}

/**
 * The changes of one plan and instant, in order of version: standing rows, the history rows that keep what they replaced
 * (A10), and the plan's version, in one statement. Where a resource is changed more than once, its first change replaces
 * the row that stood, and its last one leaves the row that stands. Streams are told.
 */
export async function writeChanges(tx: Transaction<Schema>, made: readonly MadeChange[]): Promise<void> {
  const newest = made.at(-1);
  if (newest === undefined) return;
  const { userId, month, at, version, requestId, cause, changedBy = userId } = newest;
  await sql`
    with change as (
      select * from json_to_recordset(${JSON.stringify(rowsOf(made))}::json) as change (
        version integer, resource_type text, resource_id text collate "C", recipient_user_id text collate "C",
        before_cents bigint, before_recipient_user_id text collate "C", after_cents bigint,
        is_first boolean, is_last boolean
      )
    ), replaced as (
      select change.version, since, to_char(since at time zone 'UTC', 'YYYY-MM') as month
      from change join allocation using (resource_type, resource_id) where user_id = ${userId} and is_first
    ), removed as (
      delete from allocation using change
      where user_id = ${userId} and allocation.resource_type = change.resource_type
        and allocation.resource_id = change.resource_id and is_last and after_cents = 0
    ), standing as (
      insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since, version)
      select ${userId}, resource_type, resource_id, recipient_user_id, after_cents, ${at}, version
      from change where is_last and after_cents > 0
      on conflict (user_id, resource_type, resource_id) do update set
        recipient_user_id = excluded.recipient_user_id, usd_cents = excluded.usd_cents, since = excluded.since,
        version = excluded.version, told_writer_state = case
          when allocation.recipient_user_id = excluded.recipient_user_id then allocation.told_writer_state
          else excluded.told_writer_state
        end
    ), counted as (
      update plan set version = ${version}, last_changed_at = ${at}, first_changed_at = coalesce(first_changed_at, ${at})
      where user_id = ${userId}
    ), kept as (
      insert into allocation_change (user_id, version, resource_type, resource_id, recipient_user_id, before_cents,
        before_recipient_user_id, before_since, before_month, after_cents, month, at, changed_by, request_id, cause)
      select ${userId}, version, resource_type, resource_id, recipient_user_id, before_cents, before_recipient_user_id,
        case when is_first then replaced.since when before_cents > 0 then ${at}::timestamptz end,
        case when is_first then replaced.month when before_cents > 0 then ${month} end,
        after_cents, ${month}, ${at}, ${changedBy}, ${requestId}, ${cause}
      from change left join replaced using (version)
    )
    ${notifyOfPlans(sql`select ${userId}::text as user_id`)}`.execute(tx);
}

function rowsOf(made: readonly MadeChange[]) {
  const lastOf = new Map(made.map((change) => [resourceKeyOf(change.resource), change.version]));
  const met = new Set<string>();
  return made.map(({ resource, before, after, version }) => {
    const key = resourceKeyOf(resource);
    const isFirst = !met.has(key);
    met.add(key);
    return {
      version,
      resource_type: resource.resourceType,
      resource_id: resource.resourceId,
      recipient_user_id: (after ?? before)?.recipientUserId,
      before_cents: before?.usdCents ?? 0,
      before_recipient_user_id: before?.recipientUserId ?? null,
      after_cents: after?.usdCents ?? 0,
      is_first: isFirst,
      is_last: lastOf.get(key) === version,
    };
  });
}
