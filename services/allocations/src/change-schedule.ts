import {
  type ChangeSchedule,
  cents,
  type Month,
  nextMonth,
  type ResourceKey,
  scheduleChanged,
  type UserId,
} from '@wewrite/contracts';
import { assert, Refusal } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { instantOf, lockPlan } from './change-plan.ts';
import type { Context, ScheduleTable, Schema } from './db.ts';
import { scheduleChangedMessage } from './events.ts';
import { monthsBetween } from './month-close.ts';
import { decide } from './plan.ts';
import { foreseenMisfits, type Schedule } from './schedule.ts';
import { readScheduledPlan, scheduleOf, turnPlan } from './turn-plan.ts';

interface Own {
  readonly userId: UserId;
  readonly scheduleId: string;
}

/** A supporter may plan so much, and so far ahead. */
const maximumPlanned = 100;
const maximumMonthsAhead = 36;

/** Plans a change. Throws a Refusal when it could not be made even with room, or, as things stand, will not fit. */
export async function makeSchedule(
  tx: Transaction<Schema>,
  context: Context,
  { userId, resource, wish }: { userId: UserId; resource: ResourceKey; wish: ChangeSchedule },
): Promise<ScheduleTable> {
  const moment = await turnToNow(tx, context, userId);
  const recipientUserId = await checkFit(tx, { userId, resource, wish, running: moment.month, instead: null });
  const { rows } = await sql<ScheduleTable>`
    insert into schedule (id, user_id, resource_type, resource_id, recipient_user_id, kind, usd_cents, from_month,
      through_month, state, due_month)
    values (${context.ids.next()}, ${userId}, ${resource.resourceType}, ${resource.resourceId}, ${recipientUserId},
      ${wish.kind}, ${wish.usdCents}, ${wish.fromMonth}, ${throughOf(wish)}, 'planned', ${wish.fromMonth})
    returning *`.execute(tx);
  return said(tx, context, rows[0], moment.at);
}

/** Plans it otherwise, as long as it has not begun. */
export async function changeSchedule(
  tx: Transaction<Schema>,
  context: Context,
  { userId, scheduleId, wish }: Own & { wish: ChangeSchedule },
): Promise<ScheduleTable> {
  const moment = await turnToNow(tx, context, userId);
  const planned = await findPlanned(tx, { userId, scheduleId });
  const { resource } = scheduleOf(planned);
  const recipientUserId = await checkFit(tx, { userId, resource, wish, running: moment.month, instead: scheduleId });
  const { rows } = await sql<ScheduleTable>`
    update schedule set recipient_user_id = ${recipientUserId}, kind = ${wish.kind}, usd_cents = ${wish.usdCents},
      from_month = ${wish.fromMonth}, through_month = ${throughOf(wish)}, due_month = ${wish.fromMonth}, version = version + 1
    where id = ${scheduleId} returning *`.execute(tx);
  return said(tx, context, rows[0], moment.at);
}

/** Takes it back, as long as it has not begun; one that has been taken back stays so. */
export async function removeSchedule(
  tx: Transaction<Schema>,
  context: Context,
  { userId, scheduleId }: Own,
): Promise<ScheduleTable> {
  const moment = await turnToNow(tx, context, userId);
  const found = await find(tx, { userId, scheduleId });
  if (found.state === 'removed') return found;
  await findPlanned(tx, { userId, scheduleId });
  const { rows } = await sql<ScheduleTable>`
    update schedule set state = 'removed', due_month = null, version = version + 1
    where id = ${scheduleId} returning *`.execute(tx);
  return said(tx, context, rows[0], moment.at);
}

/** Locks the plan, and does what is due first: what has begun is no longer planned. */
export async function turnToNow(tx: Transaction<Schema>, context: Context, userId: UserId) {
  await lockPlan(tx, userId);
  const moment = await instantOf(tx, { userId, now: context.clock.now() });
  await turnPlan(tx, context, { userId, month: moment.month });
  return moment;
}

/** Returns who will receive. `instead` is the schedule that the wish takes the place of. */
async function checkFit(
  tx: Transaction<Schema>,
  of: { userId: UserId; resource: ResourceKey; wish: ChangeSchedule; running: Month; instead: string | null },
): Promise<UserId> {
  const { userId, resource, wish, running, instead } = of;
  checkMonths(wish, running);
  const horizon = monthsBetween(nextMonth(running), monthsAfter(running, 2 * maximumMonthsAhead));
  const { plan, schedules, ownerOf, budgetOf } = await readScheduledPlan(tx, {
    userId,
    months: [running, ...horizon],
    also: resource,
  });
  const others = schedules.filter(({ id }) => id !== instead);
  if (others.filter(({ state }) => state === 'planned').length >= maximumPlanned) {
    throw new Refusal('too_many_allocations', `At most ${maximumPlanned} changes can be planned: remove one first.`);
  }
  const owner = ownerOf(resource);
  const roomy = { ...plan, budgetCents: cents(Number.MAX_SAFE_INTEGER) };
  const decision = decide(roomy, { userId, resource, ...owner, usdCents: wish.usdCents });
  if (decision.outcome === 'refused') {
    const { code, sentence, field } = decision;
    throw new Refusal(code, sentence, field === undefined ? {} : { field });
  }
  assert(owner.ownerUserId !== null, 'what can be allocated to has an owner');
  const planned: Schedule = {
    id: 'new',
    userId,
    resource,
    recipientUserId: owner.ownerUserId,
    state: 'planned',
    ...wish,
  };
  const ahead = { months: horizon, budgetOf, ownerOf };
  const before = foreseenMisfits(plan, others, ahead);
  const after = foreseenMisfits(plan, [...others, planned], ahead);
  if (after.size > before.size) {
    const sentence = 'As things stand, the plan has no room for it then: plan less, or raise the subscription.';
    throw new Refusal('over_allocated', sentence, { field: 'usdCents' });
  }
  return owner.ownerUserId;
}

function checkMonths(wish: ChangeSchedule, running: Month): void {
  const latest = monthsAfter(running, maximumMonthsAhead);
  if (wish.fromMonth <= running) {
    const sentence = `${running} is running: plan from ${nextMonth(running)} on, or change the allocation itself.`;
    throw new Refusal('invalid_request', sentence, { field: 'fromMonth' });
  }
  const last = throughOf(wish) ?? wish.fromMonth;
  if (last < wish.fromMonth) {
    throw new Refusal('invalid_request', 'A span ends in the month in which it begins, or later.', {
      field: 'throughMonth',
    });
  }
  if (last > latest) {
    const field = wish.kind === 'add' ? 'throughMonth' : 'fromMonth';
    throw new Refusal('invalid_request', `Changes can be planned up to ${latest}.`, { field });
  }
}

async function findPlanned(tx: Transaction<Schema>, own: Own): Promise<ScheduleTable> {
  const found = await find(tx, own);
  if (found.state === 'planned') return found;
  throw new Refusal('already_begun', 'Only what has not begun can be changed: change the allocation itself.');
}

async function find(tx: Transaction<Schema>, { userId, scheduleId }: Own): Promise<ScheduleTable> {
  const { rows } = await sql<ScheduleTable>`
    select * from schedule where id = ${scheduleId} and user_id = ${userId}`.execute(tx);
  const [found] = rows;
  if (found === undefined) throw new Refusal('not_found', 'You have planned no such change.');
  return found;
}

async function said(
  tx: Transaction<Schema>,
  { outbox }: Context,
  row: ScheduleTable | undefined,
  at: Date,
): Promise<ScheduleTable> {
  assert(row !== undefined, 'a schedule that was written has a row');
  await outbox.emit(tx, scheduleChanged, [scheduleChangedMessage(row, at)]);
  return row;
}

function throughOf(wish: ChangeSchedule): Month | null {
  return wish.kind === 'add' ? wish.throughMonth : null;
}

function monthsAfter(month: Month, count: number): Month {
  return count === 0 ? month : monthsAfter(nextMonth(month), count - 1);
}
