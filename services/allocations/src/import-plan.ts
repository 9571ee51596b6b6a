import {
  allocationChanged,
  cents,
  type ImportedPlan,
  ImportedPlanSchema,
  ImportPlanSchema,
  type Month,
  type ResourceKey,
  type ResourceType,
  type UserId,
  UserIdSchema,
  type WriterState,
} from '@wewrite/contracts';
import { activeTraceId, assert, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { z } from 'zod';
import { turnToNow } from './change-schedule.ts';
import type { Context, ImportedWishTable, ImportState, Schema } from './db.ts';
import { allocationChangedMessage } from './events.ts';
import { decideImport, type ImportedInto, type ImportedResource, type ImportedWish } from './imported-plan.ts';
import { type PlanChange, resourceKeyOf } from './plan.ts';
import { type MadeChange, writeChanges } from './write-changes.ts';
import { currentWriterState } from './writer-state.ts';

/**
 * A supporter's plan from before this system enters it, once: every row is kept with what has become of it, so that the
 * same import again, however late, finds them and changes nothing (A13).
 */
export function importPlan(server: Server, context: Context): void {
  server.put(
    '/v1/imports/:userId',
    {
      schema: {
        summary: 'Bring in what a supporter wished before this system; the same again changes nothing',
        params: z.object({ userId: UserIdSchema }),
        body: ImportPlanSchema,
        response: { 200: ImportedPlanSchema, ...problemResponses },
      },
      config: { access: ['service'] },
    },
    async (request) => {
      const { userId } = request.params;
      const wishes = request.body.wishes.map(({ usdCents, ...resource }): ImportedWish => ({ resource, usdCents }));
      const by = { changedBy: identityOf(request).userId, requestId: activeTraceId() ?? request.id };
      return context.database.transaction((tx) => enter(tx, context, { userId, wishes, by }));
    },
  );
}

/** Who has a plan changed that is not theirs, and by which request. */
export interface Importer {
  readonly changedBy: UserId;
  readonly requestId: string;
}

async function enter(
  tx: Transaction<Schema>,
  context: Context,
  { userId, wishes, by }: { userId: UserId; wishes: readonly ImportedWish[]; by: Importer },
): Promise<ImportedPlan> {
  const moment = await turnToNow(tx, context, userId);
  const before = await readImported(tx, userId);
  if (before.length > 0) {
    requireSame(before, wishes);
    return importedAnswer(userId, before);
  }
  const resources = wishes.map(({ resource }) => resource);
  const decision = decideImport(await readImportedInto(tx, { userId, resources }), wishes);
  if (decision.outcome === 'refused') {
    const { code, sentence, field } = decision;
    throw new Refusal(code, sentence, field === undefined ? {} : { field });
  }
  await keepImported(tx, { userId, wishes, states: decision.states, at: moment.at, by });
  await changeByImport(tx, context, { userId, ...moment, changes: decision.changes, by });
  return importedAnswer(userId, await readImported(tx, userId));
}

/** The plan is locked: the rows stay as they are until the transaction ends. In the order of the old data. */
export async function readImported(tx: Transaction<Schema>, userId: UserId): Promise<ImportedWishTable[]> {
  const { rows } = await sql<ImportedWishTable>`
    select * from imported_wish where user_id = ${userId} order by position`.execute(tx);
  return rows;
}

/** A row as the rules see it. */
export function importedWishOf({ resource_type, resource_id, usd_cents }: ImportedWishTable): ImportedWish {
  return { resource: { resourceType: resource_type, resourceId: resource_id }, usdCents: cents(usd_cents) };
}

/** The answer to an import and to a merge. */
export function importedAnswer(userId: UserId, rows: readonly ImportedWishTable[]): ImportedPlan {
  return {
    userId,
    wishes: rows.map((row) => {
      const { resource, usdCents } = importedWishOf(row);
      return { ...resource, usdCents, state: row.state };
    }),
  };
}

function requireSame(before: readonly ImportedWishTable[], wishes: readonly ImportedWish[]): void {
  const known = before.map(importedWishOf);
  const differs =
    known.length !== wishes.length || known.findIndex((wish, index) => !isSame(wish, wishes[index])) !== -1;
  if (!differs) return;
  const sentence =
    'Other wishes of this supporter were imported before: a plan is imported once, what is to change now is changed by its owner.';
  throw new Refusal('idempotency_mismatch', sentence);
}

function isSame(one: ImportedWish, other: ImportedWish | undefined): boolean {
  return other?.usdCents === one.usdCents && resourceKeyOf(other.resource) === resourceKeyOf(one.resource);
}

interface IntoRow {
  readonly version: number;
  readonly standing: number;
  readonly resources: readonly (readonly [ResourceType, string, UserId, WriterState, boolean])[];
}

/** Reads what imported wishes for the resources are decided by; the plan is locked. */
export async function readImportedInto(
  tx: Transaction<Schema>,
  { userId, resources }: { userId: UserId; resources: readonly ResourceKey[] },
): Promise<ImportedInto> {
  const { rows } = await sql<IntoRow>`
    select plan.version, (select count(*)::integer from allocation where user_id = ${userId}) as standing, (
      select coalesce(json_agg(json_build_array(
        resource_type, resource_id, owner_user_id, ${currentWriterState('owner_user_id')}, exists (
          select from allocation_change as change
          where change.user_id = ${userId} and change.resource_type = resource.resource_type
            and change.resource_id = resource.resource_id
        )
      )), '[]')
      from resource
      where (resource_type, resource_id) in (
        select * from unnest(${resources.map(({ resourceType }) => resourceType)}::text[],
          ${resources.map(({ resourceId }) => resourceId)}::text[])
      )
    ) as resources
    from plan where user_id = ${userId}`.execute(tx);
  const [row] = rows;
  assert(row !== undefined, 'a locked plan has a row');
  const known = row.resources.map(
    ([resourceType, resourceId, ownerUserId, ownerState, isChanged]): [string, ImportedResource] => [
      resourceKeyOf({ resourceType, resourceId }),
      { ownerUserId, ownerState, isChanged },
    ],
  );
  return { userId, version: row.version, standing: row.standing, resources: new Map(known) };
}

async function keepImported(
  tx: Transaction<Schema>,
  of: { userId: UserId; wishes: readonly ImportedWish[]; states: readonly ImportState[]; at: Date; by: Importer },
): Promise<void> {
  const { userId, wishes, states, at, by } = of;
  await sql`
    insert into imported_wish (user_id, position, resource_type, resource_id, usd_cents, state, imported_at, imported_by)
    select ${userId}, position - 1, resource_type, resource_id, usd_cents, state, ${at}, ${by.changedBy}
    from unnest(${wishes.map(({ resource }) => resource.resourceType)}::text[],
      ${wishes.map(({ resource }) => resource.resourceId)}::text[],
      ${wishes.map(({ usdCents }) => usdCents)}::bigint[], ${states}::text[])
      with ordinality as wish (resource_type, resource_id, usd_cents, state, position)`.execute(tx);
}

/** Writes and says what an import changes in a locked plan. */
export async function changeByImport(
  tx: Transaction<Schema>,
  { outbox }: Context,
  of: { userId: UserId; month: Month; at: Date; changes: readonly PlanChange[]; by: Importer },
): Promise<void> {
  const { userId, month, at, changes, by } = of;
  const made = changes.flatMap((change): MadeChange[] =>
    change.after === null
      ? []
      : [{ ...change, ...by, userId, month, at, version: change.after.version, cause: 'import' }],
  );
  await writeChanges(tx, made);
  await outbox.emit(tx, allocationChanged, made.map(allocationChangedMessage));
}
