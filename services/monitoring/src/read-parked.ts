import { ParkedMessageSchema } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { z } from 'zod';
import type { Context } from './db.ts';
import { lastOrders, parkedMessageOf } from './parked-message.ts';

/** A message that a service has parked, and what has become of it since. */
export function readParked(server: Server, { database: { kysely } }: Context): void {
  server.get(
    '/v1/parked/:id',
    {
      schema: {
        summary: 'A parked message, with the orders about it',
        params: z.object({ id: z.uuid() }),
        response: { 200: ParkedMessageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async ({ params: { id } }) => {
      const row = await kysely.selectFrom('reported_parked').selectAll().where('id', '=', id).executeTakeFirst();
      if (row === undefined) throw new Refusal('not_found', 'No service has parked a message of this id.');
      return parkedMessageOf(row, (await lastOrders(kysely, [id])).get(id));
    },
  );
}
