import {
  cents,
  type ImportedDuplicate,
  ImportedDuplicatesSchema,
  type ImportedPlan,
  ImportedPlanSchema,
  MergeDuplicatesSchema,
  type ResourceType,
  sumCents,
  type UserId,
  UserIdSchema,
} from '@wewrite/contracts';
import { activeTraceId, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { turnToNow } from './change-schedule.ts';
import type { Context, Schema } from './db.ts';
import {
  changeByImport,
  type Importer,
  importedAnswer,
  importedWishOf,
  readImported,
  readImportedInto,
} from './import-plan.ts';
import { decideMerge } from './imported-plan.ts';

/** Answers which imported wishes are there more than once, and what a merge would make of them (A13). */
export function listDuplicates(server: Server, { database, config }: Context): void {
  server.get(
    '/v1/imports/duplicates',
    {
      schema: {
        summary: 'Imported wishes of one supporter for one resource, which wait to be merged',
        querystring: z.strictObject({
          cursor: UserIdSchema.optional(),
          limit: z.coerce.number().int().min(1).max(1_000).default(100),
        }),
        response: { 200: ImportedDuplicatesSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async ({ query: { cursor = '', limit } }) => {
      const { rows } = await sql<DuplicateRow>`
        select user_id, resource_type, resource_id, json_agg(usd_cents order by position) as usd_cents, exists (
          select from allocation_change as change
          where change.user_id = imported_wish.user_id and change.resource_type = imported_wish.resource_type
            and change.resource_id = imported_wish.resource_id
        ) as is_superseded
        from imported_wish
        where state = 'duplicate' and user_id in (
          select distinct user_id from imported_wish
          where state = 'duplicate' and user_id > ${cursor} order by user_id limit ${limit}
        )
        group by user_id, resource_type, resource_id
        order by user_id, resource_type, resource_id`.execute(database.kysely);
      const supporters = new Set(rows.map(({ user_id }) => user_id)).size;
      return {
        isProduction: config.NODE_ENV === 'production',
        duplicates: rows.map(duplicateAnswer),
        nextCursor: supporters === limit ? (rows.at(-1)?.user_id ?? null) : null,
      };
    },
  );
}

interface DuplicateRow {
  readonly user_id: UserId;
  readonly resource_type: ResourceType;
  readonly resource_id: string;
  readonly usd_cents: readonly number[];
  readonly is_superseded: boolean;
}

function duplicateAnswer(row: DuplicateRow): ImportedDuplicate {
  const usdCents = row.usd_cents.map(cents);
  return {
    userId: row.user_id,
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    usdCents,
    mergedCents: sumCents(usdCents),
    isSuperseded: row.is_superseded,
  };
}

/** An operator has a supporter's duplicates merged; once there are none, it changes nothing. */
export function mergeDuplicates(server: Server, context: Context): void {
  server.post(
    '/v1/imports/:userId/merge',
    {
      schema: {
        summary: "Make one allocation of each of a supporter's duplicates",
        params: z.object({ userId: UserIdSchema }),
        body: MergeDuplicatesSchema,
        response: { 200: ImportedPlanSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      if (context.config.NODE_ENV === 'production' && request.body?.production !== true) {
        throw new Refusal('not_confirmed', 'This is production: say so with "production": true.', {
          field: 'production',
        });
      }
      const by = { changedBy: identityOf(request).userId, requestId: activeTraceId() ?? request.id };
      return context.database.transaction((tx) => merge(tx, context, { userId: request.params.userId, by }));
    },
  );
}

async function merge(
  tx: Transaction<Schema>,
  context: Context,
  { userId, by }: { userId: UserId; by: Importer },
): Promise<ImportedPlan> {
  const moment = await turnToNow(tx, context, userId);
  const imported = await readImported(tx, userId);
  if (imported.length === 0) throw new Refusal('not_found', 'Nothing was imported of this supporter.');
  const duplicates = imported.filter(({ state }) => state === 'duplicate');
  const wishes = duplicates.map(importedWishOf);
  const resources = wishes.map(({ resource }) => resource);
  const { states, changes } = decideMerge(await readImportedInto(tx, { userId, resources }), wishes);
  await sql`
    update imported_wish set state = becomes.state
    from unnest(${duplicates.map(({ position }) => position)}::integer[], ${states}::text[]) as becomes (position, state)
    where user_id = ${userId} and imported_wish.position = becomes.position`.execute(tx);
  await changeByImport(tx, context, { userId, ...moment, changes, by });
  return importedAnswer(userId, await readImported(tx, userId));
}
