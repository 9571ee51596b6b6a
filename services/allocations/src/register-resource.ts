import { RegisterResourceSchema, ResourcePathSchema, ResourceSchema } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, ResourceTable } from './db.ts';

/**
 * WeWrite's site says what can be supported and who owns it (A4). A new owner receives what is allocated from then on;
 * allocations that stand keep the recipient whom their supporter chose.
 */
export function registerResource(server: Server, { database }: Context): void {
  server.put(
    '/v1/resources/:resourceType/:resourceId',
    {
      schema: {
        summary: 'Tell the owner and title of a resource',
        params: ResourcePathSchema,
        body: RegisterResourceSchema,
        response: { 200: ResourceSchema, ...problemResponses },
      },
      config: { access: ['service'] },
    },
    async ({ params, body }) => {
      await sql`
        insert into resource (resource_type, resource_id, owner_user_id, title)
        values (${params.resourceType}, ${params.resourceId}, ${body.ownerUserId}, ${body.title})
        on conflict (resource_type, resource_id)
        do update set owner_user_id = excluded.owner_user_id, title = excluded.title`.execute(database.kysely);
      return { ...params, ...body };
    },
  );
}

/** Answers what is registered. */
export function readResource(server: Server, { database }: Context): void {
  server.get(
    '/v1/resources/:resourceType/:resourceId',
    {
      schema: {
        summary: 'A resource: its owner and title',
        params: ResourcePathSchema,
        response: { 200: ResourceSchema, ...problemResponses },
      },
      config: { access: ['service', 'admin', 'supporter', 'writer'] },
    },
    async ({ params }) => {
      const { rows } = await sql<ResourceTable>`
        select * from resource
        where resource_type = ${params.resourceType} and resource_id = ${params.resourceId}`.execute(database.kysely);
      const resource = rows[0];
      if (resource === undefined) throw new Refusal('not_found', 'Nothing is registered under this type and id.');
      return { ...params, ownerUserId: resource.owner_user_id, title: resource.title };
    },
  );
}
