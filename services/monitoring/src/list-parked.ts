import { ParkedPageSchema, ParkedQuerySchema } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type { Context } from './db.ts';
import { lastOrders, parkedMessageOf } from './parked-message.ts';

/** The messages that services have parked, in the order in which monitoring has heard of them. */
export function listParked(server: Server, { database: { kysely } }: Context): void {
  server.get(
    '/v1/parked',
    {
      schema: {
        summary: 'What all services have parked',
        querystring: ParkedQuerySchema,
        response: { 200: ParkedPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async ({ query: { service, topic, state, cursor, limit } }) => {
      const rows = await kysely
        .selectFrom('reported_parked')
        .selectAll()
        .where('state', '=', state)
        .where('place', '>', placeOf(cursor))
        .$if(service !== undefined, (query) => query.where('service', '=', service ?? 'monitoring'))
        .$if(topic !== undefined, (query) => query.where('topic', '=', topic ?? ''))
        .orderBy('place')
        .limit(limit + 1)
        .execute();
      const page = rows.slice(0, limit);
      const orders = await lastOrders(
        kysely,
        page.map(({ id }) => id),
      );
      return {
        messages: page.map((row) => parkedMessageOf(row, orders.get(row.id))),
        nextCursor: rows.length > limit ? String(page.at(-1)?.place) : null,
      };
    },
  );
}

function placeOf(cursor: string | undefined): number {
  const place = Number(cursor ?? 0);
  if (!Number.isSafeInteger(place) || place < 0) {
    throw new Refusal('invalid_request', 'Give the nextCursor of the page before, or none.', { field: 'cursor' });
  }
  return place;
}
