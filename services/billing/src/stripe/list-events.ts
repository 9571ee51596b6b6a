// Stripe's events as they were received, newest first, for operators: what was done with each, and why not.
import { type BillingStripeEvent, BillingStripeEventsQuerySchema, BillingStripeEventsSchema } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { StripeEventRow } from '../db.ts';

type ListedRow = Omit<StripeEventRow, 'payload' | 'attempts' | 'due_at'> & { readonly attempts: number };

export function listEvents(server: Server, context: BillingContext): void {
  server.get(
    '/v1/stripe-events',
    {
      schema: {
        summary: "Stripe's events, and what has become of them",
        querystring: BillingStripeEventsQuerySchema,
        response: { 200: BillingStripeEventsSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { cursor = null, limit, state = null, type = null, objectId = null } = request.query;
      const { rows } = await sql<ListedRow>`
        select id, endpoint, type, object_id, account_id, created_at, received_at, state, attempts, failure
          from stripe_event
         where (${cursor}::text is null
                or (received_at, id) < (select received_at, id from stripe_event where id = ${cursor}))
           and (${state}::text is null or state = ${state})
           and (${type}::text is null or type = ${type})
           and (${objectId}::text is null or object_id = ${objectId})
         order by received_at desc, id desc
         limit ${limit + 1}`.execute(context.database.kysely);
      const page = rows.slice(0, limit);
      return { events: page.map(shown), next: rows.length > limit ? (page.at(-1)?.id ?? null) : null };
    },
  );
}

function shown(row: ListedRow): BillingStripeEvent {
  return {
    eventId: row.id,
    endpoint: row.endpoint,
    type: row.type,
    objectId: row.object_id,
    accountId: row.account_id,
    createdAt: row.created_at.toISOString(),
    receivedAt: row.received_at.toISOString(),
    state: row.state,
    attempts: row.attempts,
    failure: row.failure,
  };
}
