import { cents, ResourcePathSchema, ResourceSupportSchema } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from './db.ts';

/**
 * A writer reads what stands for an own resource. Of others' resources the answer does not say whether they are there;
 * what goes to an earlier owner, as its supporters chose, is not the writer's and is not counted.
 */
export function readSupport(server: Server, { database }: Context): void {
  server.get(
    '/v1/resources/:resourceType/:resourceId/support',
    {
      schema: {
        summary: 'Supporters and cents of a resource, for its writer',
        params: ResourcePathSchema,
        response: { 200: ResourceSupportSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const { resourceType, resourceId } = request.params;
      const { userId } = identityOf(request);
      const { rows } = await sql<{ supporters: number; usd_cents: number }>`
        select supporters, usd_cents
        from resource, lateral (
          select count(*) as supporters, coalesce(sum(usd_cents), 0)::bigint as usd_cents from allocation
          where allocation.resource_type = resource.resource_type and allocation.resource_id = resource.resource_id
            and recipient_user_id = ${userId}
        ) as support
        where resource_type = ${resourceType} and resource_id = ${resourceId} and owner_user_id = ${userId}`.execute(
        database.kysely,
      );
      const [row] = rows;
      if (row === undefined) throw new Refusal('not_found', 'You own no resource of this type and id.');
      return { ...request.params, supporters: row.supporters, usdCents: cents(row.usd_cents) };
    },
  );
}
