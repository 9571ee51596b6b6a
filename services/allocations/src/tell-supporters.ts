import {
  allocationChanged,
  cents,
  type Month,
  type ResourceType,
  type UserId,
  type WriterState,
} from '@wewrite/contracts';
import type { Loop } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { planInstant } from './change-plan.ts';
import { passCloseGate } from './close-gate.ts';
import type { Context, Schema } from './db.ts';
import { allocationChangedMessage } from './events.ts';
import { notifyOfPlans } from './plan-feed.ts';
import { turnPlan } from './turn-plan.ts';
import { currentStateOf } from './writer-state.ts';

const supportersAStep = 500;

/** Longer than any transaction: a wish that was under way and did not see the writer's new state has ended by then. */
const secondPassAfterMs = 60_000;

/**
 * Tells supporters that a writer of theirs takes no support any more, or takes it again, while there is time to move it
 * (A11): a change in each plan that leaves the amount as it is. A writer may have very many supporters, so the request
 * only leaves a notice, and this goes through them, a portion a transaction.
 */
export function tellSupportersLoop(context: Context): Loop {
  const { database, time } = context;
  return {
    name: 'tell_supporters',
    pollMs: 1_000,
    due: async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from writer_notice where due_at <= ${time.now()}`.execute(database.kysely);
      return rows[0]?.count ?? 0;
    },
    step: () =>
      database.transaction(async (tx) => {
        const notice = await claimNotice(tx, time.now());
        if (notice === null) return false;
        const userIds = await findUntold(tx, notice);
        await tellPortion(context, tx, notice, userIds);
        await goOn(tx, notice, { userIds, now: time.now() });
        return true;
      }),
  };
}

/** A change of a writer's state, as far as its supporters have been told of it. */
interface Notice {
  readonly number: number;
  readonly writerUserId: UserId;
  readonly afterUserId: string;
  readonly isSecondPass: boolean;
  readonly changedBy: UserId;
  readonly requestId: string;
}

async function claimNotice(tx: Transaction<Schema>, now: Date): Promise<Notice | null> {
  const { rows } = await sql<Notice>`
    select number, writer_user_id as "writerUserId", after_user_id as "afterUserId", is_second_pass as "isSecondPass",
      changed_by as "changedBy", request_id as "requestId"
    from writer_notice where due_at <= ${now} order by number limit 1 for update skip locked`.execute(tx);
  return rows[0] ?? null;
}

/** The next supporters whose plans say another state of the writer than that of now. */
async function findUntold(tx: Transaction<Schema>, { writerUserId, afterUserId }: Notice): Promise<readonly UserId[]> {
  const { rows } = await sql<{ user_id: UserId }>`
    with recipient as materialized (select ${currentStateOf(writerUserId)} as state)
    select distinct user_id from allocation, recipient
    where recipient_user_id = ${writerUserId} and user_id > ${afterUserId} and told_writer_state <> state
    order by user_id limit ${supportersAStep}`.execute(tx);
  return rows.map((row) => row.user_id);
}

async function tellPortion(
  context: Context,
  tx: Transaction<Schema>,
  notice: Notice,
  userIds: readonly UserId[],
): Promise<void> {
  if (userIds.length === 0) return;
  // In byte order, and each plan's instants in order, as for any other change of a plan (A5).
  await sql`
    with ${passCloseGate}
    select from plan, close_gate where user_id = any(${userIds}::text[]) order by user_id for update of plan`.execute(
    tx,
  );
  const now = context.clock.now();
  for (const due of await findDue(tx, { userIds, now })) await turnPlan(tx, context, due);
  const told = await writeTold(tx, notice, { userIds, now });
  const messages = told.map((each) => messageOf(each, notice.writerUserId));
  await context.outbox.emit(tx, allocationChanged, messages);
  await notifyOfPlans(sql`select unnest(${userIds}::text[]) as user_id`).execute(tx);
}

/** Plans of the portion that their month's schedules have not reached yet: those come before (A9). */
async function findDue(
  tx: Transaction<Schema>,
  { userIds, now }: { userIds: readonly UserId[]; now: Date },
): Promise<readonly { userId: UserId; month: Month }[]> {
  const { rows } = await sql<{ userId: UserId; month: Month }>`
    select user_id as "userId", month
    from plan, lateral (select to_char(${planInstant(now)} at time zone 'UTC', 'YYYY-MM') collate "C" as month) as instant
    where user_id = any(${userIds}::text[])
      and exists (select from schedule where schedule.user_id = plan.user_id and due_month <= month)
    order by user_id`.execute(tx);
  return rows;
}

interface ToldAllocation {
  readonly userId: UserId;
  readonly resourceType: ResourceType;
  readonly resourceId: string;
  readonly usdCents: number;
  readonly version: number;
  readonly month: Month;
  readonly at: Date;
  readonly writerState: WriterState;
}

/**
 * As `writeChanges`, for allocations of very many plans whose amounts stay: each standing row is in force anew, from now
 * on, and the history keeps the one before.
 */
async function writeTold(
  tx: Transaction<Schema>,
  { writerUserId, changedBy, requestId }: Notice,
  { userIds, now }: { userIds: readonly UserId[]; now: Date },
): Promise<readonly ToldAllocation[]> {
  const { rows } = await sql<ToldAllocation>`
    with recipient as materialized (
      select ${currentStateOf(writerUserId)} as state
    ), told as materialized (
      select user_id, resource_type, resource_id, usd_cents, since, state, at,
        to_char(at at time zone 'UTC', 'YYYY-MM') as month,
        (plan.version + row_number() over (partition by user_id order by resource_type, resource_id))::integer as version
      from recipient, allocation join plan using (user_id), lateral (select ${planInstant(now)} as at) as instant
      where user_id = any(${userIds}::text[]) and recipient_user_id = ${writerUserId} and told_writer_state <> state
    ), standing as (
      update allocation set told_writer_state = state, since = told.at, version = told.version from told
      where allocation.user_id = told.user_id and allocation.resource_type = told.resource_type
        and allocation.resource_id = told.resource_id
    ), counted as (
      update plan set version = newest.version, last_changed_at = newest.at
      from (select user_id, at, max(version) as version from told group by user_id, at) as newest
      where plan.user_id = newest.user_id
    ), kept as (
      insert into allocation_change (user_id, version, resource_type, resource_id, recipient_user_id, before_cents,
        before_recipient_user_id, before_since, before_month, after_cents, month, at, changed_by, request_id, cause,
        writer_state)
      select user_id, version, resource_type, resource_id, ${writerUserId}, usd_cents, ${writerUserId}, since,
        to_char(since at time zone 'UTC', 'YYYY-MM'), usd_cents, month, at, ${changedBy}, ${requestId},
        'writer_unavailable', state
      from told
    )
    select user_id as "userId", resource_type as "resourceType", resource_id as "resourceId", usd_cents as "usdCents",
      version, month, at, state as "writerState"
    from told order by user_id, version`.execute(tx);
  return rows;
}

function messageOf(told: ToldAllocation, recipientUserId: UserId) {
  const { resourceType, resourceId, version, writerState } = told;
  const resource = { resourceType, resourceId };
  const standing = { resource, recipientUserId, usdCents: cents(told.usdCents), version, writerState };
  return allocationChangedMessage({
    ...told,
    resource,
    before: standing,
    after: standing,
    cause: 'writer_unavailable',
  });
}

/** After a full portion the next one; after the last the second pass; after that the notice is done. */
async function goOn(
  tx: Transaction<Schema>,
  { number, isSecondPass }: Notice,
  { userIds, now }: { userIds: readonly UserId[]; now: Date },
): Promise<void> {
  if (userIds.length === supportersAStep) {
    await sql`update writer_notice set after_user_id = ${userIds.at(-1)} where number = ${number}`.execute(tx);
  } else if (isSecondPass) {
    await sql`delete from writer_notice where number = ${number}`.execute(tx);
  } else {
    const dueAt = new Date(now.getTime() + secondPassAfterMs);
    await sql`
      update writer_notice set after_user_id = '', is_second_pass = true, due_at = ${dueAt}
      where number = ${number}`.execute(tx);
  }
}
