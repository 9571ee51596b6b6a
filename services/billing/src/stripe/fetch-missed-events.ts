// Webhooks that never reached us are found in Stripe's own list, and processed as if they had. They are asked for whatever
// their type, since Stripe filters by 20 types at most; those that ask for nothing are stored and ignored.
import type { Schedule } from '@wewrite/service-kit';
import type Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import { type ReceivedEvent, storeEvents } from './event-queue.ts';
import { secondsOf } from './seconds.ts';
import { snapshotEventOf } from './stripe-event.ts';

const wholePage = 100;
/** Stripe keeps events for 30 days. After a long stop those are missing, too, that it has given up to deliver. */
const lookBackMs = 30 * 24 * 3_600_000;
/** What is younger is still on its way. */
const youngestMs = 3_600_000;

export function fetchMissedEvents(context: BillingContext): Schedule {
  return {
    name: 'fetch_missed_events',
    cron: '20 * * * *',
    catchUp: 'latest',
    run: async (dueAt) => {
      const before = (agoMs: number) => secondsOf(new Date(dueAt.getTime() - agoMs));
      const created = { gte: before(lookBackMs), lt: before(youngestMs) };
      let cursor: string | undefined;
      do {
        const page = await context.stripe.call('events.list', 'undelivered', (sdk) =>
          sdk.events.list({
            created,
            delivery_success: false,
            limit: wholePage,
            ...(cursor === undefined ? {} : { starting_after: cursor }),
          }),
        );
        await context.database.transaction((tx) => storeEvents(tx, context, page.data.map(receivedOf)));
        cursor = page.has_more ? page.data.at(-1)?.id : undefined;
      } while (cursor !== undefined);
    },
  };
}

function receivedOf(listed: Stripe.Event): ReceivedEvent {
  const event = snapshotEventOf(listed);
  const endpoint = event.accountId === null ? 'platform' : 'connect';
  return { ...event, endpoint, payload: Buffer.from(JSON.stringify(listed)) };
}
