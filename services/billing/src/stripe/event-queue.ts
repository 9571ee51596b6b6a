import { backoffMs } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';

/** An event that was taken to be processed. */
export interface ClaimedEvent {
  readonly id: string;
  readonly type: string;
  readonly objectId: string;
  readonly accountId: string | null;
  readonly createdAt: Date;
  readonly attempts: number;
}

/** Whoever takes events and does not come back loses them after this. */
const leaseMs = 60_000;
const firstRetryMs = 200;
const longestRetryMs = 60_000;

/** Takes events that are due, oldest first; no other replica gets them until the lease is over. */
export async function claimEvents(context: BillingContext, limit: number): Promise<readonly ClaimedEvent[]> {
  const now = context.time.now();
  const leaseUntil = new Date(now.getTime() + leaseMs);
  return context.database.transaction(async (tx) => {
    const { rows } = await sql<ClaimedEvent>`
      update stripe_event set due_at = ${leaseUntil}, attempts = attempts + 1
       where id in (
         select id from stripe_event where state = 'waiting' and due_at <= ${now}
          order by due_at limit ${limit} for update skip locked)
      returning id, type, object_id as "objectId", account_id as "accountId", created_at as "createdAt", attempts`.execute(
      tx,
    );
    return rows;
  });
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
