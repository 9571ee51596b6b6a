import {
  AllocationAnswerSchema,
  allocationChanged,
  cents,
  type Funding,
  type Month,
  type ResourceKey,
  ResourcePathSchema,
  SetAllocationSchema,
  type UserId,
} from '@wewrite/contracts';
import { activeTraceId, assert, identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { passCloseGate } from './close-gate.ts';
import type { Context, Schema } from './db.ts';
import { allocationChangedMessage } from './events.ts';
import { decide, evolve, type PlanChange, type PlanRefusal, planOf, resourceKeyOf, totalsOf } from './plan.ts';
import { activeLineAnswer, summaryAnswer } from './plan-answer.ts';
import { type StandingColumns, standingColumns, standingOf } from './read-standing.ts';

/**
 * A supporter sets one allocation, also while a close runs (A5). The plan's row lock lets changes of one plan happen one
 * after another, so that two that fit alone and not together cannot both pass (A4), and gives them their instants in order.
 */
export function setAllocation(server: Server, context: Context): void {
  const route = {
    schema: {
      params: ResourcePathSchema,
      response: { 200: AllocationAnswerSchema, ...problemResponses },
    },
    config: { access: ['supporter' as const] },
  };
  const path = '/v1/allocations/:resourceType/:resourceId';
  server.put(path, { ...route, schema: { ...route.schema, body: SetAllocationSchema } }, async (request) =>
    change(context, {
      userId: identityOf(request).userId,
      resource: request.params,
      requestId: activeTraceId() ?? request.id,
      ...request.body,
    }),
  );
  server.delete(path, route, async (request) =>
    change(context, {
      userId: identityOf(request).userId,
      resource: request.params,
      requestId: activeTraceId() ?? request.id,
      usdCents: 0,
    }),
  );
}

interface Wish {
  readonly userId: UserId;
  readonly resource: ResourceKey;
  readonly usdCents: number;
  readonly recipientUserId?: UserId | undefined;
  readonly requestId: string;
}

/** Locks the plan, reads the instant, decides, writes. */
async function change({ database, clock, outbox }: Context, wish: Wish) {
  return database.transaction(async (tx) => {
    await lockPlan(tx, wish.userId);
    const current = await readForDecision(tx, wish, clock.now());
    const { plan, at, month } = current;
    const decision = decide(plan, { ...wish, ownerUserId: current.ownerUserId });
    if (decision.outcome === 'refused') throw refusalOf(decision);
    let changedPlan = plan;
    let version = current.version;
    for (const step of decision.changes) {
      changedPlan = evolve(changedPlan, step);
      version += 1;
      const made = { ...step, userId: wish.userId, month, at, version, requestId: wish.requestId };
      await writeChange(tx, made);
      await outbox.emit(tx, allocationChanged, [allocationChangedMessage(made)]);
    }
    const standing = changedPlan.allocations.get(resourceKeyOf(wish.resource));
    return {
      allocation: standing === undefined ? null : activeLineAnswer(wish.userId, month, standing),
      summary: summaryAnswer({ month, funding: current.funding, totals: totalsOf(changedPlan), now: at }),
    };
  });
}

function refusalOf(refused: PlanRefusal): Refusal {
  const { code, sentence, field, availableCents } = refused;
  return new Refusal(code, sentence, {
    ...(field === undefined ? {} : { field }),
    ...(availableCents === undefined ? {} : { details: { availableCents } }),
  });
}

async function lockPlan(tx: Transaction<Schema>, userId: UserId): Promise<void> {
  const locked = await sql`
    with ${passCloseGate}
    select from plan, close_gate where user_id = ${userId} for update of plan`.execute(tx);
  if (locked.rows.length > 0) return;
  await sql`insert into plan (user_id) values (${userId}) on conflict do nothing`.execute(tx);
  await sql`with ${passCloseGate} select from plan, close_gate where user_id = ${userId} for update of plan`.execute(
    tx,
  );
}

interface DecisionRow extends StandingColumns {
  readonly at: Date;
  readonly month: Month;
  readonly version: number;
  readonly budget_cents: number;
  readonly funding: Funding;
  readonly owner_user_id: UserId | null;
}

/**
 * Everything that the decision needs, as of an instant that never goes back: not before the plan's last change, nor, with
 * a clock that is behind, before the cutoff of a close that has begun (A5).
 */
async function readForDecision(tx: Transaction<Schema>, { userId, resource }: Wish, now: Date) {
  const { rows } = await sql<DecisionRow>`
    select instant.at, instant.month, instant.version,
      coalesce(budget.paid_cents + budget.open_cents, 0) as budget_cents, coalesce(budget.funding, 'none') as funding,
      resource.owner_user_id, ${standingColumns(userId)}
    from (
      select version, latest.at, to_char(latest.at at time zone 'UTC', 'YYYY-MM') as month
      from plan, lateral (
        select greatest(${now}::timestamptz, last_changed_at, (select max(cutoff) from month_close)) as at
      ) as latest
      where user_id = ${userId}
    ) as instant
    left join budget on budget.month = instant.month and budget.user_id = ${userId}
    left join resource on resource_type = ${resource.resourceType} and resource_id = ${resource.resourceId}`.execute(
    tx,
  );
  const row = rows[0];
  assert(row !== undefined, 'a locked plan has a row');
  const plan = planOf(cents(row.budget_cents), standingOf(row));
  return {
    plan,
    at: row.at,
    month: row.month,
    version: row.version,
    funding: row.funding,
    ownerUserId: row.owner_user_id,
  };
}

interface MadeChange extends PlanChange {
  readonly userId: UserId;
  readonly month: Month;
  readonly at: Date;
  readonly version: number;
  readonly requestId: string;
}

/** The standing row, the history row that keeps what it replaced (A10), and the plan's version, in one statement. */
async function writeChange(tx: Transaction<Schema>, made: MadeChange): Promise<void> {
  const { userId, resource, before, after, at } = made;
  const { resourceType, resourceId } = resource;
  const standing =
    after === null
      ? sql`delete from allocation
            where user_id = ${userId} and resource_type = ${resourceType} and resource_id = ${resourceId}`
      : sql`insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since)
            values (${userId}, ${resourceType}, ${resourceId}, ${after.recipientUserId}, ${after.usdCents}, ${at})
            on conflict (user_id, resource_type, resource_id) do update set
              recipient_user_id = excluded.recipient_user_id, usd_cents = excluded.usd_cents, since = excluded.since`;
  await sql`
    with replaced as (
      select since, recipient_user_id, to_char(since at time zone 'UTC', 'YYYY-MM') as month from allocation
      where user_id = ${userId} and resource_type = ${resourceType} and resource_id = ${resourceId}
    ), standing as (${standing}),
    counted as (
      update plan set version = ${made.version}, last_changed_at = ${at}, first_changed_at = coalesce(first_changed_at, ${at})
      where user_id = ${userId}
    )
    insert into allocation_change (user_id, version, resource_type, resource_id, recipient_user_id, before_cents,
      before_recipient_user_id, before_since, before_month, after_cents, month, at, changed_by, request_id)
    select ${userId}, ${made.version}, ${resourceType}, ${resourceId},
      ${(after ?? before)?.recipientUserId}, ${before?.usdCents ?? 0},
      replaced.recipient_user_id, replaced.since, replaced.month, ${after?.usdCents ?? 0}, ${made.month}, ${at}, ${userId},
      ${made.requestId}
    from (select) as one left join replaced on true`.execute(tx);
}
