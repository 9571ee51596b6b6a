// Webhooks that never reached us are found in Stripe's own list, and processed as if they had.
import type { Schedule } from '@wewrite/service-kit';
import type Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import { handledTypes, snapshotEventOf } from './stripe-event.ts';

const wholePage = 100;
/** Stripe repeats a webhook for three days; what is older was seen by an earlier run. */
const lookBackMs = 3 * 24 * 3_600_000;
/** What is younger is still on its way. */
const youngestMs = 3_600_000;

export function fetchMissedEvents(context: BillingContext): Schedule {
  return {
    name: 'fetch_missed_events',
    cron: '20 * * * *',
    catchUp: 'latest',
    run: async (dueAt) => {
      const created = { gte: secondsOf(dueAt, lookBackMs), lt: secondsOf(dueAt, youngestMs) };
      let cursor: string | undefined;
      do {
        const page = await context.stripe.call('events.list', 'undelivered', (sdk) =>
          sdk.events.list({
            created,
            types: [...handledTypes],
            delivery_success: false,
            limit: wholePage,
            ...(cursor === undefined ? {} : { starting_after: cursor }),
          }),
        );
        await store(context, page.data);
        cursor = page.has_more ? page.data.at(-1)?.id : undefined;
      } while (cursor !== undefined);
    },
  };
}

async function store(context: BillingContext, events: readonly Stripe.Event[]): Promise<void> {
  const now = context.time.now();
  const rows = events.map((listed) => {
    const event = snapshotEventOf(listed);
    return {
      id: event.id,
      endpoint: event.accountId === null ? ('platform' as const) : ('connect' as const),
      type: event.type,
      object_id: event.objectId,
      account_id: event.accountId,
      created_at: event.createdAt,
      received_at: now,
      payload: Buffer.from(JSON.stringify(listed)),
      state: 'waiting' as const,
      due_at: now,
      failure: null,
    };
  });
  if (rows.length === 0) return;
  await context.database.transaction((tx) =>
    tx
      .insertInto('stripe_event')
      .values(rows)
      .onConflict((conflict) => conflict.doNothing())
      .execute(),
  );
  context.wake('stripe_events');
}

function secondsOf(instant: Date, agoMs: number): number {
  return Math.floor((instant.getTime() - agoMs) / 1000);
}
