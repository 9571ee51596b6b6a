// When a month's earnings are posted, storage is brought up to what is owed to writers, and payouts may begin. Money that is
// still missing leaves the step waiting; it goes on by itself when money becomes available.
import { cents, escrowFunded, type Month, month as monthFrom, type Run, zeroCents } from '@wewrite/contracts';
import { balances, type NewTransfer, postTransfers } from '@wewrite/ledger';
import { idOfCause, type Loop } from '@wewrite/service-kit';
import { type Kysely, type Selectable, sql } from 'kysely';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { BillingSchema, EscrowMoveRow } from '../db.ts';
import { checkBooks } from './check-books.ts';
import { decideEscrow, type EscrowDecision, type EscrowPosition } from './escrow.ts';
import { sayProgress } from './say-progress.ts';

type Move = Selectable<EscrowMoveRow>;

const lockKey = 7_117_202;

export function fundEscrow(context: BillingContext): Loop {
  return {
    name: 'escrow',
    pollMs: 1_000,
    due: async () => ((await nextMove(context.database.kysely)) === undefined ? 0 : 1),
    step: async () => {
      const next = await nextMove(context.database.kysely);
      if (next === undefined) return false;
      // In the trace of the close, whoever brought the last cent.
      return context.telemetry.span({ name: 'fund escrow', parent: next.traceparent }, () =>
        context.database.transaction((tx) => fund(tx, context)),
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

/** The oldest move on which something can be done: it is new, or what it lacks has changed. */
async function nextMove(database: Kysely<BillingSchema>): Promise<Move | undefined> {
  const move = await database
    .selectFrom('escrow_move')
    .selectAll()
    .where('state', '<>', 'completed')
    .orderBy('month')
    .limit(1)
    .executeTakeFirst();
  if (move?.state !== 'waiting_for_funds') return move;
  const decision = decideEscrow(await escrowPosition(database));
  return decision.action === 'wait' && decision.shortfallCents === move.shortfall_cents ? undefined : move;
}

async function fund(tx: BillingTransaction, context: BillingContext): Promise<boolean> {
  // One at a time: two moves at once would cover the same obligations twice.
  await sql`select pg_advisory_xact_lock(${lockKey})`.execute(tx);
  const move = await nextMove(tx);
  if (move === undefined) return false;
  const position = await escrowPosition(tx);
  const decision = decideEscrow(position);
  if (decision.action === 'wait') await wait(tx, context, move, position, decision);
  else await complete(tx, context, move, position, decision.action === 'move' ? decision.amountCents : zeroCents);
  return true;
}

async function wait(
  tx: BillingTransaction,
  context: BillingContext,
  move: Move,
  { obligationsCents }: EscrowPosition,
  { shortfallCents }: Extract<EscrowDecision, { action: 'wait' }>,
): Promise<void> {
  const version = move.version + 1;
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'waiting_for_funds',
      obligations_cents: obligationsCents,
      shortfall_cents: shortfallCents,
      version,
    })
    .where('run_id', '=', move.run_id)
    .execute();
  context.log.error({ month: move.month, shortfallCents }, 'escrow waits for funds: top up the Stripe balance');
  await sayProgress(tx, context, {
    run: runOf(move),
    step: 'escrow',
    expected: 1,
    done: 0,
    sums: { obligationsCents, shortfallCents },
    state: 'waiting_for_funds',
    version,
    booksVersion: null,
  });
}

async function complete(
  tx: BillingTransaction,
  context: BillingContext,
  move: Move,
  { obligationsCents }: EscrowPosition,
  movedCents: EscrowPosition['paymentsCents'],
): Promise<void> {
  const run = runOf(move);
  const now = context.clock.now();
  const version = move.version + 1;
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'completed',
      obligations_cents: obligationsCents,
      moved_cents: movedCents,
      shortfall_cents: 0,
      version,
      completed_at: now,
    })
    .where('run_id', '=', move.run_id)
    .execute();
  await postTransfers(tx, chart, transfersOf(run, movedCents, now), now);
  await context.outbox.emit(tx, escrowFunded, [
    {
      key: run.month,
      id: idOfCause('escrow.funded', run.runId),
      body: {
        run,
        month: run.month,
        currency: 'usd',
        obligationsCents: cents(obligationsCents),
        movedCents,
        stripeId: null,
      },
    },
  ]);
  const booksVersion = await checkBooks(tx, context, { run, stage: 'escrow' });
  await sayProgress(tx, context, {
    run,
    step: 'escrow',
    expected: 1,
    done: 1,
    sums: { obligationsCents, movedCents },
    state: 'done',
    version,
    booksVersion,
  });
}

/** With `connect` the money stays where it is at Stripe: it leaves and arrives in the ledger at the same moment. */
function transfersOf(run: Run, amountCents: EscrowPosition['paymentsCents'], occurredAt: Date): NewTransfer[] {
  if (amountCents === 0) return [];
  const common = { month: run.month, amountCents, occurredAt, runKind: run.kind };
  return [
    transferOf({
      ...common,
      key: `escrow_funding:${run.runId}`,
      kind: 'escrow_funding',
      debit: 'stripe:in_transit',
      credit: 'stripe:payments',
    }),
    transferOf({
      ...common,
      key: `escrow_arrived:${run.runId}`,
      kind: 'escrow_arrived',
      debit: 'stripe:storage',
      credit: 'stripe:in_transit',
    }),
  ];
}

function runOf(move: Move): Run {
  const month: Month = monthFrom(move.month);
  return { runId: move.run_id, kind: 'close', month };
}
