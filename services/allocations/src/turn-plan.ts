import {
  allocationChanged,
  type Cents,
  cents,
  firstInstantOf,
  type Month,
  type ResourceKey,
  type ResourceType,
  scheduleChanged,
  type UserId,
  type WriterState,
  zeroCents,
} from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, ScheduleTable, Schema } from './db.ts';
import { allocationChangedMessage, scheduleChangedMessage } from './events.ts';
import { monthsBetween } from './month-close.ts';
import { type Plan, planOf, resourceKeyOf, versionAfter } from './plan.ts';
import { type StandingColumns, standingColumns, standingOf } from './read-standing.ts';
import { afterTurn, dueMonthOf, type OwnerOf, type Schedule, type ScheduleState, turnMonth } from './schedule.ts';
import { type MadeChange, writeChanges } from './write-changes.ts';
import { currentWriterState } from './writer-state.ts';

/** A plan with what is scheduled for it, and what its months are worth. */
export interface ScheduledPlan {
  readonly plan: Plan;
  /** Planned and begun ones, in the order in which they were made. */
  readonly schedules: readonly Schedule[];
  readonly ownerOf: OwnerOf;
  /** The budget of one of the months that were asked for, or, until that is known, of the last one before it. */
  readonly budgetOf: (month: Month) => Cents;
}

interface ScheduledPlanRow extends StandingColumns {
  readonly version: number;
  readonly schedules: readonly ScheduleTable[];
  readonly owners: readonly (readonly [ResourceType, string, UserId, WriterState])[];
  readonly budgets: readonly (readonly [Month, Cents])[];
}

/** Reads a plan with its schedules; the plan's row is locked. `also` is a resource whose owner is asked for, too. */
export async function readScheduledPlan(
  tx: Transaction<Schema>,
  { userId, months, also }: { userId: UserId; months: readonly Month[]; also?: ResourceKey },
): Promise<ScheduledPlan> {
  const { rows } = await sql<ScheduledPlanRow>`
    select plan.version, ${standingColumns(userId)},
      coalesce((
        select json_agg(schedule order by number) from schedule
        where user_id = ${userId} and state in ('planned', 'begun')
      ), '[]') as schedules,
      coalesce((
        select json_agg(json_build_array(resource_type, resource_id, owner_user_id, ${currentWriterState('owner_user_id')}))
        from resource where (resource_type, resource_id) in (
          select resource_type, resource_id from schedule where user_id = ${userId} and state in ('planned', 'begun')
          union all select ${also?.resourceType ?? null}::text, ${also?.resourceId ?? null}::text
        )
      ), '[]') as owners,
      coalesce((
        select json_agg(json_build_array(month, paid_cents + open_cents) order by month) from budget
        where user_id = ${userId} and month = any(${months})
      ), '[]') as budgets
    from plan where user_id = ${userId}`.execute(tx);
  const [row] = rows;
  assert(row !== undefined, 'a locked plan has a row');
  const owners = new Map(
    row.owners.map(([resourceType, resourceId, ownerUserId, ownerState]) => [
      resourceKeyOf({ resourceType, resourceId }),
      { ownerUserId, ownerState },
    ]),
  );
  return {
    plan: planOf(zeroCents, standingOf(row), row.version),
    schedules: row.schedules.map(scheduleOf),
    ownerOf: (resource) => owners.get(resourceKeyOf(resource)) ?? { ownerUserId: null },
    budgetOf: (month) => row.budgets.findLast(([known]) => known <= month)?.[1] ?? zeroCents,
  };
}

/** A row as the rules see it. */
export function scheduleOf(row: ScheduleTable): Schedule {
  const { through_month: throughMonth } = row;
  const schedule = {
    id: row.id,
    userId: row.user_id,
    resource: { resourceType: row.resource_type, resourceId: row.resource_id },
    recipientUserId: row.recipient_user_id,
    usdCents: cents(row.usd_cents),
    fromMonth: row.from_month,
    state: row.state,
  };
  return throughMonth === null ? { ...schedule, kind: 'set' } : { ...schedule, kind: 'add', throughMonth };
}

/**
 * Does what is due of a plan's schedules up to the month, at the first instant of each month, however late that comes
 * (A9). The plan's row is locked, and no change of those months has been made: whoever changes a plan turns it first.
 */
export async function turnPlan(
  tx: Transaction<Schema>,
  context: Context,
  { userId, month }: { userId: UserId; month: Month },
): Promise<void> {
  const { rows } = await sql<{ first: Month | null }>`
    select min(due_month) as first from schedule where user_id = ${userId} and due_month <= ${month}`.execute(tx);
  const first = rows[0]?.first ?? null;
  if (first === null) return;
  const months = monthsBetween(first, month);
  const read = await readScheduledPlan(tx, { userId, months });
  let state: Pick<ScheduledPlan, 'plan' | 'schedules'> = read;
  for (const turning of months) {
    const plan = { ...state.plan, budgetCents: read.budgetOf(turning) };
    const turn = turnMonth(plan, state.schedules, turning, read.ownerOf);
    const at = firstInstantOf(turning);
    const made = turn.changes.map((change, index): MadeChange => {
      const place = { version: versionAfter(plan) + index, userId, month: turning, at };
      return { ...change, ...place, cause: 'schedule', requestId: `turn:${turning}` };
    });
    await writeChanges(tx, made);
    await context.outbox.emit(tx, allocationChanged, made.map(allocationChangedMessage));
    const schedules = afterTurn(state.schedules, turn);
    const moved = schedules.filter(({ id }) => turn.moved.has(id));
    await moveSchedules(
      tx,
      context,
      moved.map((schedule) => ({ schedule, at })),
    );
    state = { plan: turn.plan, schedules };
  }
}

/** Keeps the states that schedules have come to, and says so. */
async function moveSchedules(
  tx: Transaction<Schema>,
  { outbox }: Context,
  moved: readonly { schedule: Schedule; at: Date }[],
): Promise<void> {
  if (moved.length === 0) return;
  const states = moved.map(({ schedule: { id, state }, schedule }): [string, ScheduleState, Month | null] => [
    id,
    state,
    dueMonthOf(schedule),
  ]);
  const { rows } = await sql<ScheduleTable>`
    update schedule set state = becomes.state, due_month = becomes.due_month, version = version + 1
    from unnest(${states.map(([id]) => id)}::uuid[], ${states.map(([, state]) => state)}::text[],
      ${states.map(([, , due]) => due)}::text[]) as becomes (id, state, due_month)
    where schedule.id = becomes.id
    returning schedule.*`.execute(tx);
  const [first] = moved;
  assert(first !== undefined && rows.length === moved.length, 'a schedule that moves has a row');
  const { at } = first;
  await outbox.emit(
    tx,
    scheduleChanged,
    rows.map((row) => scheduleChangedMessage(row, at)),
  );
}

/** A direct change of the same resource during a span ends the span: what the supporter says last is what stands (A9). */
export async function endSpans(
  tx: Transaction<Schema>,
  { outbox }: Context,
  { userId, changes, at }: { userId: UserId; changes: readonly Pick<MadeChange, 'resource' | 'version'>[]; at: Date },
): Promise<void> {
  const { rows } = await sql<ScheduleTable>`
    update schedule set state = 'ended', due_month = null, ended_by_version = change.version, version = schedule.version + 1
    from unnest(${changes.map(({ resource }) => resource.resourceType)}::text[],
      ${changes.map(({ resource }) => resource.resourceId)}::text[],
      ${changes.map(({ version }) => version)}::integer[]) as change (resource_type, resource_id, version)
    where user_id = ${userId} and kind = 'add' and state = 'begun'
      and schedule.resource_type = change.resource_type and schedule.resource_id = change.resource_id
    returning schedule.*`.execute(tx);
  const said = rows.map((row) => scheduleChangedMessage(row, at));
  await outbox.emit(tx, scheduleChanged, said);
}
