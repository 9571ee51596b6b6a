import { type AdjustmentKind, balanceAdjusted, cents, type Month, month } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { idOfCause } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context } from '../context.ts';
import type { Schema } from '../db.ts';
import { chart, writerMovement } from '../sub-ledger.ts';
import { type Effect, effectOf, type Hold, type Movement, type MovementKind } from './writer-books.ts';

/** What one cause moves of one writer's money, and the holds as they are then. */
export interface Change {
  readonly userId: string;
  readonly month: Month;
  readonly movements: readonly Movement[];
  /** Holds that are new or different; what they keep back follows from the movements. */
  readonly holds: readonly Hold[];
  /** Names the cause among all causes: a reversal, a version of a hold, a run, an operator's order. */
  readonly cause: string;
  readonly causeEventId: string | null;
  readonly reversalId: string | null;
  /** The earlier reversal or the hold that the reversal is of. */
  readonly settles: string | null;
  /** The adjustment that is said even when it moved nothing: who counts a reversal's parts waits for it. */
  readonly adjusts: AdjustmentKind | null;
  /** The entries that this one corrects; one of them is named. */
  readonly corrects: readonly string[];
  /** An operator's, of a write-off. */
  readonly decision: { readonly reason: string; readonly by: string } | null;
}

/**
 * Writes changes of writers' balances: entries of the sub-ledger, holds, and adjustments, which it says (`balance.adjusted`).
 * The caller holds the lock of the balances. `entries` are posted with them, since a transaction posts once.
 */
export async function writeBooks(
  context: Context,
  tx: Transaction<Schema>,
  changes: readonly Change[],
  entries: readonly NewTransfer[] = [],
): Promise<void> {
  const at = context.clock.now();
  await insertHolds(tx, changes);
  const adjustments = changes.flatMap((change) => adjustmentsOf(change, at));
  await insertAdjustments(tx, adjustments);
  await postTransfers(tx, chart, [...entries, ...changes.flatMap((change) => entriesOf(change, at))], at);
  await context.outbox.emit(tx, balanceAdjusted, adjustments.map(messageOf));
}

function entriesOf(change: Change, occurredAt: Date): NewTransfer[] {
  const { userId, cause, causeEventId, corrects } = change;
  return change.movements.map((movement) => {
    const entry = writerMovement({ ...movement, userId, cause, causeEventId, month: change.month, occurredAt });
    // Best the entry that it is the reverse of; else the first of those that it corrects.
    const reverse = corrects.find((key) => key.endsWith(`:${nameOf(movement.credit)}`));
    return { ...entry, corrects: reverse ?? corrects[0] ?? null };
  });
}

function nameOf(place: Movement['debit']): string {
  return typeof place === 'string' ? place : place.holdId;
}

/** What {@link NewTransfer} calls the movements of a change, in order. */
export function keysOf(change: Change): readonly string[] {
  return entriesOf(change, new Date(0)).map(({ idempotencyKey }) => idempotencyKey);
}

async function insertHolds(tx: Transaction<Schema>, changes: readonly Change[]): Promise<void> {
  // A batch may change a hold twice: the last is how it is.
  const last = new Map(
    changes.flatMap(({ userId, holds }) => holds.map((hold) => [`${hold.holdId}:${userId}`, { ...hold, userId }])),
  );
  if (last.size === 0) return;
  const rows = [...last.values()].map((hold) => ({
    hold_id: hold.holdId,
    user_id: hold.userId,
    month: hold.month,
    because: hold.because,
    state: hold.state,
    version: hold.version,
    wanted_cents: hold.wantedCents,
    held_cents: hold.heldCents,
    reversed_cents: hold.reversedCents,
  }));
  await tx
    .insertInto('writer_hold')
    .values(rows)
    .onConflict((conflict) =>
      conflict.columns(['hold_id', 'user_id']).doUpdateSet(({ ref }) => ({
        state: ref('excluded.state'),
        version: ref('excluded.version'),
        wanted_cents: ref('excluded.wanted_cents'),
        held_cents: ref('excluded.held_cents'),
        reversed_cents: ref('excluded.reversed_cents'),
      })),
    )
    .execute();
}

interface Adjustment {
  readonly id: string;
  readonly kind: AdjustmentKind;
  readonly effect: Effect;
  readonly change: Change;
  readonly at: Date;
}

const adjustmentKinds = {
  refund: true,
  refund_failed: true,
  dispute_lost: true,
  operator: true,
  receivable_repaid: true,
  write_off: true,
  held: false,
  dispute_opened: false,
  released: false,
} as const satisfies Record<MovementKind, boolean>;

function isAdjustment(kind: MovementKind): kind is AdjustmentKind {
  return adjustmentKinds[kind];
}

/** Of each kind that the change moved something by, and of what it adjusts. */
function adjustmentsOf(change: Change, at: Date): Adjustment[] {
  const moved = change.movements.map(({ kind }) => kind).filter(isAdjustment);
  const kinds = new Set([...(change.adjusts === null ? [] : [change.adjusts]), ...moved]);
  return [...kinds].map((kind) => ({
    id: idOfCause('adjustment', kind, change.cause, change.userId),
    kind,
    effect: effectOf(change.movements.filter((movement) => movement.kind === kind)),
    change,
    at,
  }));
}

async function insertAdjustments(tx: Transaction<Schema>, adjustments: readonly Adjustment[]): Promise<void> {
  if (adjustments.length === 0) return;
  const values = adjustments.map(({ id, kind, effect, change, at }) => ({
    adjustment_id: id,
    kind,
    reversal_id: change.reversalId,
    settles: change.settles,
    user_id: change.userId,
    month: change.month,
    payable_cents: effect.payableCents,
    receivable_cents: effect.receivableCents,
    held_cents: sql<Record<string, number>>`${JSON.stringify(effect.heldCents)}::jsonb`,
    transfer_keys: keysOf({ ...change, movements: change.movements.filter((movement) => movement.kind === kind) }),
    reason: change.decision?.reason ?? null,
    decided_by: change.decision?.by ?? null,
    at,
  }));
  await tx.insertInto('adjustment').values(values).execute();
}

function messageOf({ id, kind, effect, change, at }: Adjustment) {
  const heldCents = Object.values(effect.heldCents).reduce((sum, part) => sum + part, 0);
  const body = balanceAdjusted.schema.parse({
    adjustmentId: id,
    kind,
    reversalId: change.reversalId,
    recipientUserId: change.userId,
    month: month(change.month),
    currency: 'usd',
    // Of nothing, no negative.
    obligationsFallCents: cents(0 - effect.payableCents - heldCents),
    receivableRiseCents: effect.receivableCents,
    at: at.toISOString(),
  });
  return { key: change.userId, id, body };
}
