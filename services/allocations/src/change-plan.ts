import {
  allocationChanged,
  cents,
  type Funding,
  type Month,
  type ResourceKey,
  type ResourceType,
  type UserId,
  type WriterState,
} from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';
import { type RawBuilder, sql, type Transaction } from 'kysely';
import { passCloseGate } from './close-gate.ts';
import type { Context, Schema } from './db.ts';
import { allocationChangedMessage } from './events.ts';
import {
  type DecidedWish,
  decideInOrder,
  type Plan,
  planOf,
  resourceKeyOf,
  type SetAllocation,
  versionAfter,
} from './plan.ts';
import { type StandingColumns, standingColumns, standingOf } from './read-standing.ts';
import { endSpans, turnPlan } from './turn-plan.ts';
import { type MadeChange, writeChanges } from './write-changes.ts';
import { currentWriterState } from './writer-state.ts';

/** What a supporter wishes, in order, and the request that says so. */
export interface Wishes {
  readonly userId: UserId;
  readonly requestId: string;
  readonly wishes: readonly Wish[];
}

export interface Wish {
  readonly resource: ResourceKey;
  readonly usdCents: number;
  readonly recipientUserId?: UserId | undefined;
  readonly expectedVersion?: number | undefined;
}

/** What has become of the wishes, one decision each, at an instant and in its month. */
export interface ChangedPlan {
  readonly userId: UserId;
  readonly at: Date;
  readonly month: Month;
  readonly funding: Funding;
  readonly plan: Plan;
  readonly decided: readonly DecidedWish[];
}

/**
 * Locks the plan, reads the instant, decides each wish on what those before have left, writes what was accepted. The
 * plan's row lock lets its changes happen one after another, so that two that fit alone and not together cannot both
 * pass (A4), and gives them their instants in order (A5). The number of statements does not depend on that of wishes.
 */
export async function changePlan(
  tx: Transaction<Schema>,
  context: Context,
  { userId, requestId, wishes }: Wishes,
): Promise<ChangedPlan> {
  await lockPlan(tx, userId);
  const current = await readTurned(tx, context, { userId, wishes });
  const { at, month, funding, ownerOf } = current;
  const commands = wishes.map((wish) => ({ ...wish, userId, ...ownerOf(wish.resource) }));
  const { plan, decided } = decideInOrder(current.plan, commands);
  const accepted = decided.flatMap(({ decision }) => (decision.outcome === 'accepted' ? decision.changes : []));
  const made = accepted.map((change, index): MadeChange => {
    const version = versionAfter(current.plan) + index;
    return { ...change, userId, month, at, version, requestId, cause: 'user' };
  });
  await writeChanges(tx, made);
  await context.outbox.emit(tx, allocationChanged, made.map(allocationChangedMessage));
  if (current.hasSpans) await endSpans(tx, context, { userId, changes: made, at });
  return { userId, at, month, funding, plan, decided };
}

/** Takes the row lock of a plan, behind the gate of a close; the plan is made if there is none. */
export async function lockPlan(tx: Transaction<Schema>, userId: UserId): Promise<void> {
  const locked = await sql`
    with ${passCloseGate}
    select from plan, close_gate where user_id = ${userId} for update of plan`.execute(tx);
  if (locked.rows.length > 0) return;
  await sql`insert into plan (user_id) values (${userId}) on conflict do nothing`.execute(tx);
  await sql`with ${passCloseGate} select from plan, close_gate where user_id = ${userId} for update of plan`.execute(
    tx,
  );
}

/** The instant of a change of a locked plan, and its month. */
export async function instantOf(
  tx: Transaction<Schema>,
  of: { userId: UserId; now: Date },
): Promise<{ at: Date; month: Month }> {
  const { rows } = await momentOf(of).execute(tx);
  assert(rows[0] !== undefined, 'a locked plan has a row');
  return rows[0];
}

function momentOf({ userId, now }: { userId: UserId; now: Date }) {
  return sql<{ at: Date; month: Month; version: number }>`
    select version, latest.at, to_char(latest.at at time zone 'UTC', 'YYYY-MM') as month
    from plan, lateral (select ${planInstant(now)} as at) as latest
    where user_id = ${userId}`;
}

/**
 * The instant of a change, in SQL over a locked `plan`. It never goes back: not before the plan's last change, nor, with a
 * clock that is behind, before the cutoff of a close that has begun (A5).
 */
export function planInstant(now: Date): RawBuilder<Date> {
  return sql<Date>`greatest(${now}::timestamptz, plan.last_changed_at, (select max(cutoff) from month_close))`;
}

type Owner = Pick<SetAllocation, 'ownerUserId' | 'ownerState'>;

const unknownOwner: Owner = { ownerUserId: null };

interface DecisionRow extends StandingColumns {
  readonly at: Date;
  readonly month: Month;
  readonly version: number;
  readonly budget_cents: number;
  readonly funding: Funding;
  /** A schedule is due, and a span runs: hardly ever. */
  readonly is_due: boolean;
  readonly has_spans: boolean;
  readonly owners: readonly (readonly [ResourceType, string, UserId, WriterState])[];
}

/** Reads what the decisions need, once the plan has been turned to the month of their instant (A9). */
async function readTurned(
  tx: Transaction<Schema>,
  context: Context,
  { userId, wishes }: { userId: UserId; wishes: readonly Wish[] },
) {
  const now = context.clock.now();
  const current = await readForDecision(tx, { userId, wishes, now });
  if (!current.isDue) return current;
  await turnPlan(tx, context, { userId, month: current.month });
  return readForDecision(tx, { userId, wishes, now });
}

/** Everything that the decisions need, as of the instant of the change. */
async function readForDecision(
  tx: Transaction<Schema>,
  { userId, wishes, now }: { userId: UserId; wishes: readonly Wish[]; now: Date },
) {
  const resourceTypes = wishes.map(({ resource }) => resource.resourceType);
  const resourceIds = wishes.map(({ resource }) => resource.resourceId);
  const { rows } = await sql<DecisionRow>`
    select instant.at, instant.month, instant.version,
      coalesce(budget.paid_cents + budget.open_cents, 0) as budget_cents, coalesce(budget.funding, 'none') as funding,
      (
        select coalesce(json_agg(json_build_array(
          resource_type, resource_id, owner_user_id, ${currentWriterState('owner_user_id')}
        )), '[]')
        from resource
        where (resource_type, resource_id) in (select * from unnest(${resourceTypes}::text[], ${resourceIds}::text[]))
      ) as owners,
      exists (select from schedule where user_id = ${userId} and due_month <= instant.month) as is_due,
      exists (select from schedule where user_id = ${userId} and kind = 'add' and state = 'begun') as has_spans,
      ${standingColumns(userId)}
    from (${momentOf({ userId, now })}) as instant
    left join budget on budget.month = instant.month and budget.user_id = ${userId}`.execute(tx);
  const row = rows[0];
  assert(row !== undefined, 'a locked plan has a row');
  const owners = new Map<string, Owner>();
  for (const [resourceType, resourceId, ownerUserId, ownerState] of row.owners) {
    owners.set(resourceKeyOf({ resourceType, resourceId }), { ownerUserId, ownerState });
  }
  return {
    plan: planOf(cents(row.budget_cents), standingOf(row), row.version),
    at: row.at,
    month: row.month,
    funding: row.funding,
    isDue: row.is_due,
    hasSpans: row.has_spans,
    ownerOf: (resource: ResourceKey) => owners.get(resourceKeyOf(resource)) ?? unknownOwner,
  };
}
