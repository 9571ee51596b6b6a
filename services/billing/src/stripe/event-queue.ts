import { afterCommit, backoffMs, holdingLease, leaseEnd } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { type EventEndpoint, type StripeEvent, workOf } from './stripe-event.ts';

/** A verified event as it came. */
export interface ReceivedEvent extends StripeEvent {
  readonly endpoint: EventEndpoint;
  readonly payload: Buffer;
}

/** An event that was taken to be processed. */
export interface ClaimedEvent extends StripeEvent {
  readonly attempts: number;
}

const firstRetryMs = 200;
const longestRetryMs = 60_000;

/** Stores events, each id once; those of a type that asks for nothing are kept, too. */
export async function storeEvents(
  tx: BillingTransaction,
  context: Pick<BillingContext, 'time' | 'wake'>,
  events: readonly ReceivedEvent[],
): Promise<void> {
  if (events.length === 0) return;
  const now = context.time.now();
  await tx
    .insertInto('stripe_event')
    .values(
      events.map((event) => ({
        id: event.id,
        endpoint: event.endpoint,
        type: event.type,
        object_id: event.objectId,
        account_id: event.accountId,
        created_at: event.createdAt,
        received_at: now,
        payload: event.payload,
        state: workOf(event.type) === null ? ('ignored' as const) : ('waiting' as const),
        due_at: now,
        failure: null,
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  if (events.some(({ type }) => workOf(type) !== null)) afterCommit(tx, () => context.wake('stripe_events'));
}

/**
 * Takes events that are due, oldest first, and works on them: no other replica gets them until that is done, or this one
 * has died at it. False when none is due.
 */
export async function workOnEvents(
  context: Pick<BillingContext, 'database' | 'time' | 'log'>,
  limit: number,
  work: (events: readonly ClaimedEvent[]) => Promise<void>,
): Promise<boolean> {
  const leaseUntil = leaseEnd(context.time);
  const events = await claimEvents(context, limit, leaseUntil);
  if (events.length === 0) return false;
  // All of them, since a renewal may have been made and its answer lost.
  const ends = [leaseUntil];
  const renew = (next: Date) => {
    ends.push(next);
    return renewClaims(context, { events, ends, next });
  };
  await holdingLease(context, renew, () => work(events));
  return true;
}

async function claimEvents(
  { database, time }: Pick<BillingContext, 'database' | 'time'>,
  limit: number,
  leaseUntil: Date,
): Promise<readonly ClaimedEvent[]> {
  const { rows } = await sql<ClaimedEvent>`
    with claimed as (
      update stripe_event set due_at = ${leaseUntil}, attempts = attempts + 1
       where id in (
         select id from stripe_event where state = 'waiting' and due_at <= ${time.now()}
          order by due_at, id limit ${limit} for update skip locked)
      returning id, type, object_id as "objectId", account_id as "accountId", created_at as "createdAt", attempts)
    select * from claimed order by "createdAt", id`.execute(database.kysely);
  return rows;
}

/** An event that is due at no end of this lease was put back, or taken over: it is left alone. */
async function renewClaims(
  { database }: Pick<BillingContext, 'database'>,
  { events, ends, next }: { events: readonly ClaimedEvent[]; ends: readonly Date[]; next: Date },
): Promise<void> {
  const ids = events.map(({ id }) => id);
  await sql`
    update stripe_event set due_at = ${next}
    where id = any(${ids}) and state = 'waiting' and due_at = any(${ends})`.execute(database.kysely);
}

/** Marks events as done, in the transaction of what they did. */
export async function finishEvents(tx: BillingTransaction, ids: readonly string[]): Promise<void> {
  if (ids.length === 0) return;
  await tx.updateTable('stripe_event').set({ state: 'processed', failure: null }).where('id', 'in', ids).execute();
}

/** Puts an event back for later, or aside for good where trying again cannot help. */
export async function putBack(
  context: BillingContext,
  event: Pick<ClaimedEvent, 'id' | 'attempts'>,
  failure: { text: string; isFinal: boolean },
): Promise<void> {
  const dueAt = new Date(context.time.now().getTime() + backoffMs(event.attempts, firstRetryMs, longestRetryMs));
  await context.database.transaction((tx) =>
    tx
      .updateTable('stripe_event')
      .set({ state: failure.isFinal ? 'failed' : 'waiting', due_at: dueAt, failure: failure.text })
      .where('id', '=', event.id)
      .where('state', '=', 'waiting')
      .execute(),
  );
}

/** Events that are not done, also those that somebody works on. */
export async function countWaitingEvents(context: BillingContext): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from stripe_event where state = 'waiting'`.execute(context.database.kysely);
  return rows[0]?.count ?? 0;
}
