import { defaultPreferences, PreferencesSchema } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from './db.ts';

/** What a supporter prefers is kept on the server, so that every device steps alike (A12). */
export function keepPreferences(server: Server, { database }: Context): void {
  const schema = { response: { 200: PreferencesSchema, ...problemResponses } };
  const config = { access: ['supporter' as const] };
  server.get(
    '/v1/preferences',
    { schema: { summary: "The supporter's preferences", ...schema }, config },
    async (request) => {
      const { rows } = await sql<{ increment_cents: number }>`
      select increment_cents from preference where user_id = ${identityOf(request).userId}`.execute(database.kysely);
      const [row] = rows;
      return row === undefined ? defaultPreferences : { incrementCents: row.increment_cents };
    },
  );
  server.put(
    '/v1/preferences',
    { schema: { summary: "Change the supporter's preferences", ...schema, body: PreferencesSchema }, config },
    async (request) => {
      const { incrementCents } = request.body;
      await sql`
      insert into preference (user_id, increment_cents) values (${identityOf(request).userId}, ${incrementCents})
      on conflict (user_id) do update set increment_cents = excluded.increment_cents`.execute(database.kysely);
      return { incrementCents };
    },
  );
}
