// When a month's earnings are posted, storage is brought up to what is owed to writers, and payouts may begin. Money that is
// still missing leaves the step waiting; it goes on by itself when money becomes available. A move is decided, then claimed,
// made at Stripe outside of any transaction, and recorded; whoever stops in between is followed by whoever finds the lease over.
import { type Cents, cents, zeroCents } from '@wewrite/contracts';
import { balances } from '@wewrite/ledger';
import type { Loop } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { BillingSchema, EscrowMove, EscrowMoveState } from '../db.ts';
import { decideEscrow, type EscrowPosition } from './escrow.ts';
import { completeMove, recordMove, sayWaiting } from './record-escrow.ts';

const lockKey = 7_117_202;
/** Short, so that a dead replica's move is soon taken on: a call that takes longer is repeated under its own key. */
const leaseMs = 8_000;
/** A move that is under way is looked at again by and by; one whose look is this near is not at rest. */
const nearMs = 10_000;
/** Stripe forgets a key of v1 after 24 hours. */
const keyLifetimeMs = 23 * 60 * 60 * 1000;

export function fundEscrow(context: BillingContext): Loop {
  const { kysely } = context.database;
  const after = (durationMs: number) => new Date(context.time.now().getTime() + durationMs);
  return {
    name: 'escrow',
    pollMs: 1_000,
    due: async () => ((await nextMove(kysely, after(nearMs))) === undefined ? 0 : 1),
    step: async () => {
      const next = await nextMove(kysely, after(0));
      if (next === undefined) return false;
      // In the trace of the close, whoever brought the last cent.
      return context.telemetry.span({ name: 'fund escrow', parent: next.traceparent }, () =>
        isDecided(next.state) ? advance(context, next) : context.database.transaction((tx) => decide(tx, context)),
      );
    },
  };
}

/** What is owed and what covers it, as the ledger stands. */
export async function escrowPosition(database: Kysely<BillingSchema>): Promise<EscrowPosition> {
  const ids = ['creator_obligations', 'stripe:storage', 'stripe:in_transit', 'stripe:payments'] as const;
  const standing = await balances(database, { ids });
  const of = (id: (typeof ids)[number]) => standing.get(id) ?? zeroCents;
  return {
    obligationsCents: of('creator_obligations'),
    storageCents: of('stripe:storage'),
    inTransitCents: of('stripe:in_transit'),
    paymentsCents: of('stripe:payments'),
  };
}

/** The oldest move, if something can be done on it: it is new, or due, or what it lacks has changed. */
async function nextMove(database: Kysely<BillingSchema>, at: Date): Promise<EscrowMove | undefined> {
  const move = await database
    .selectFrom('escrow_move')
    .selectAll()
    .where('state', '<>', 'completed')
    .orderBy('month')
    .limit(1)
    .executeTakeFirst();
  if (move?.due_at != null && move.due_at > at) return undefined;
  if (move?.state !== 'waiting_for_funds') return move;
  const decision = decideEscrow(await escrowPosition(database));
  return decision.action === 'wait' && decision.shortfallCents === move.shortfall_cents ? undefined : move;
}

/** Whether the move's amount stands and Stripe has, or is about to be, asked. */
function isDecided(state: EscrowMoveState): boolean {
  return state === 'sending' || state === 'look_up' || state === 'look_up_again' || state === 'in_transit';
}

async function decide(tx: BillingTransaction, context: BillingContext): Promise<boolean> {
  // One at a time: two moves at once would cover the same obligations twice.
  await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx);
  const move = await nextMove(tx, context.time.now());
  if (move === undefined || isDecided(move.state)) return false;
  const position = await escrowPosition(tx);
  const decision = decideEscrow(position);
  const obligationsCents = position.obligationsCents;
  switch (decision.action) {
    case 'covered':
      await completeMove(tx, context, { ...move, obligations_cents: obligationsCents, moved_cents: 0 });
      return true;
    case 'move':
      await send(tx, context, move, { obligationsCents, amountCents: decision.amountCents });
      return true;
    case 'wait':
      await wait(tx, context, move, { obligationsCents, shortfallCents: decision.shortfallCents });
      return true;
  }
}

async function send(
  tx: BillingTransaction,
  context: BillingContext,
  move: EscrowMove,
  { obligationsCents, amountCents }: { obligationsCents: Cents; amountCents: Cents },
): Promise<void> {
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'sending',
      obligations_cents: obligationsCents,
      moved_cents: amountCents,
      shortfall_cents: 0,
      key_first_used_at: null,
      tries: 0,
      due_at: context.time.now(),
      lease_until: null,
    })
    .where('run_id', '=', move.run_id)
    .execute();
}

async function wait(
  tx: BillingTransaction,
  context: BillingContext,
  move: EscrowMove,
  { obligationsCents, shortfallCents }: { obligationsCents: Cents; shortfallCents: Cents },
): Promise<void> {
  const version = move.version + 1;
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'waiting_for_funds',
      obligations_cents: obligationsCents,
      moved_cents: 0,
      shortfall_cents: shortfallCents,
      due_at: null,
      version,
    })
    .where('run_id', '=', move.run_id)
    .execute();
  context.log.error({ month: move.month, shortfallCents }, 'escrow waits for funds: top up the Stripe balance');
  await sayWaiting(tx, context, {
    ...move,
    obligations_cents: obligationsCents,
    shortfall_cents: shortfallCents,
    version,
  });
}

/** Claim – call – record. */
async function advance(context: BillingContext, next: EscrowMove): Promise<boolean> {
  const move = await claim(context, next);
  if (move === undefined) return false;
  const keyAgeMs = context.time.now().getTime() - (move.key_first_used_at?.getTime() ?? 0);
  const outcome = await context.escrow.advance({
    runId: move.run_id,
    month: move.month,
    amountCents: cents(move.moved_cents),
    attempt: move.attempt,
    stripeId: move.stripe_id,
    requestedAt: move.requested_at,
    mustLookUp: move.state !== 'sending' || keyAgeMs > keyLifetimeMs,
  });
  await context.database.transaction((tx) => recordMove(tx, context, move, outcome));
  return true;
}

async function claim(context: BillingContext, { run_id }: EscrowMove): Promise<EscrowMove | undefined> {
  const now = context.time.now();
  const leaseUntil = new Date(now.getTime() + leaseMs);
  return context.database.transaction((tx) =>
    tx
      .updateTable('escrow_move')
      .set(({ eb, fn, val }) => ({
        lease_until: leaseUntil,
        tries: eb('tries', '+', 1),
        key_first_used_at: fn.coalesce('key_first_used_at', val(now)),
      }))
      .where('run_id', '=', run_id)
      .where('state', 'in', ['sending', 'look_up', 'look_up_again', 'in_transit'])
      .where('due_at', '<=', now)
      .where(({ eb, or }) => or([eb('lease_until', 'is', null), eb('lease_until', '<=', now)]))
      .returningAll()
      .executeTakeFirst(),
  );
}
