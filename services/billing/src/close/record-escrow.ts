// What became of a move of escrow, in the ledger and on the topics, in the transaction that records it.
import { cents, escrowFunded, type Month, month as monthFrom, monthStalled, type Run } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { backoffMs, idOfCause } from '@wewrite/service-kit';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { EscrowMove } from '../db.ts';
import { checkBooks } from './check-books.ts';
import type { EscrowOutcome } from './escrow-adapter.ts';
import { sayProgress } from './say-progress.ts';

const minuteMs = 60_000;

/** Records one step of a move, unless another replica has recorded it meanwhile. */
export async function recordMove(
  tx: BillingTransaction,
  context: BillingContext,
  claimed: EscrowMove,
  outcome: EscrowOutcome,
): Promise<void> {
  const { state, attempt } = await tx
    .selectFrom('escrow_move')
    .select(['state', 'attempt'])
    .where('run_id', '=', claimed.run_id)
    .forUpdate()
    .executeTakeFirstOrThrow();
  if (state !== claimed.state || attempt !== claimed.attempt) return;
  // A step may find more than the next state: the money may have arrived when Stripe is asked the first time.
  const first = claimed.stripe_id === null ? [funding] : [];
  switch (outcome.kind) {
    case 'in_transit':
      await post(tx, context, claimed, outcome.stripeId, first);
      await putInTransit(tx, context, claimed, outcome.stripeId);
      return;
    case 'arrived':
      await post(tx, context, claimed, outcome.stripeId, [...first, arrival]);
      await completeMove(tx, context, { ...claimed, stripe_id: outcome.stripeId });
      return;
    case 'came_back':
      await post(tx, context, claimed, outcome.stripeId, [...first, undoing]);
      await fail(tx, context, claimed, outcome.reason);
      return;
    case 'refused':
      await fail(tx, context, claimed, outcome.reason);
      return;
    case 'look_up':
      if (claimed.state === 'look_up_again') await fail(tx, context, claimed, 'absent at two look-ups');
      else await postpone(tx, context, claimed, outcome);
      return;
    case 'same_key':
      await postpone(tx, context, claimed, outcome);
      return;
  }
}

/** The move is over: storage covers what is owed, and the month's payouts may be requested. */
export async function completeMove(tx: BillingTransaction, context: BillingContext, move: EscrowMove): Promise<void> {
  const run = runOf(move);
  const version = move.version + 1;
  const obligationsCents = cents(move.obligations_cents);
  const movedCents = cents(move.moved_cents);
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'completed',
      obligations_cents: obligationsCents,
      moved_cents: movedCents,
      shortfall_cents: 0,
      version,
      completed_at: context.clock.now(),
      stripe_id: move.stripe_id,
      due_at: null,
      lease_until: null,
      reason: null,
    })
    .where('run_id', '=', move.run_id)
    .execute();
  const { stripe_id: stripeId } = move;
  await context.outbox.emit(tx, escrowFunded, [
    {
      key: run.month,
      id: idOfCause('escrow.funded', run.runId),
      body: { run, month: run.month, currency: 'usd', obligationsCents, movedCents, stripeId },
    },
  ]);
  const booksVersion = await checkBooks(tx, context, { run, stage: 'escrow' });
  const sums = { obligationsCents, movedCents };
  await sayProgress(tx, context, {
    run,
    step: 'escrow',
    expected: 1,
    done: 1,
    sums,
    state: 'done',
    version,
    booksVersion,
  });
}

/** Says that the step waits, and for how much; months after it go on (A8). */
export async function sayWaiting(tx: BillingTransaction, context: BillingContext, move: EscrowMove): Promise<void> {
  const run = runOf(move);
  const at = context.clock.now().toISOString();
  await context.outbox.emit(tx, monthStalled, [
    {
      key: run.month,
      id: idOfCause('month.stalled', run.runId, 'funds'),
      body: { run, month: run.month, because: 'funds', at },
    },
  ]);
  await sayProgress(tx, context, {
    run,
    step: 'escrow',
    expected: 1,
    done: 0,
    sums: { obligationsCents: move.obligations_cents, shortfallCents: move.shortfall_cents },
    state: 'waiting_for_funds',
    version: move.version,
    booksVersion: null,
  });
}

async function putInTransit(
  tx: BillingTransaction,
  context: BillingContext,
  claimed: EscrowMove,
  stripeId: string,
): Promise<void> {
  const isNew = claimed.state !== 'in_transit';
  // Its events wake us; by ourselves we look soon at first, then seldom.
  const pauseMs = isNew ? backoffMs(0, 2_000, 2_000) : backoffMs(claimed.tries, 5 * minuteMs, 60 * minuteMs);
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'in_transit',
      stripe_id: stripeId,
      lease_until: null,
      reason: null,
      ...(isNew ? { tries: 0 } : {}),
    })
    .where('run_id', '=', claimed.run_id)
    .execute();
  await setDue(tx, context, claimed, pauseMs);
}

async function postpone(
  tx: BillingTransaction,
  context: BillingContext,
  claimed: EscrowMove,
  { kind, reason }: Extract<EscrowOutcome, { kind: 'look_up' | 'same_key' }>,
): Promise<void> {
  context.log.warn({ month: claimed.month, attempt: claimed.attempt, reason }, 'a move into escrow is not certain');
  // Whether it was made may be seen at once; that it was not only after a while.
  const isAbsent = claimed.state === 'look_up';
  await tx
    .updateTable('escrow_move')
    .set({
      lease_until: null,
      reason,
      ...(kind === 'look_up' ? { state: isAbsent ? ('look_up_again' as const) : ('look_up' as const) } : {}),
    })
    .where('run_id', '=', claimed.run_id)
    .execute();
  const pauseMs = kind === 'look_up' && isAbsent ? 10 * minuteMs : backoffMs(claimed.tries, 200, 15 * minuteMs);
  await setDue(tx, context, claimed, pauseMs);
}

/** An event that came while Stripe was asked has made it due already: that stays. */
async function setDue(
  tx: BillingTransaction,
  context: BillingContext,
  claimed: EscrowMove,
  pauseMs: number,
): Promise<void> {
  await tx
    .updateTable('escrow_move')
    .set({ due_at: new Date(context.time.now().getTime() + pauseMs) })
    .where('run_id', '=', claimed.run_id)
    .where('due_at', '=', claimed.due_at)
    .execute();
}

/** The step waits and is decided anew after a while, under another key; an operator sees to what is wrong at Stripe. */
async function fail(
  tx: BillingTransaction,
  context: BillingContext,
  claimed: EscrowMove,
  reason: string,
): Promise<void> {
  const version = claimed.version + 1;
  const pauseMs = backoffMs(claimed.attempt, minuteMs, 60 * minuteMs);
  await tx
    .updateTable('escrow_move')
    .set({
      state: 'failed',
      reason,
      stripe_id: null,
      attempt: claimed.attempt + 1,
      due_at: new Date(context.time.now().getTime() + pauseMs),
      lease_until: null,
      version,
    })
    .where('run_id', '=', claimed.run_id)
    .execute();
  context.log.error({ month: claimed.month, attempt: claimed.attempt, reason }, 'escrow could not be funded');
  await sayWaiting(tx, context, { ...claimed, shortfall_cents: 0, version });
}

type Entry = (move: EscrowMove, common: Pick<NewTransfer, 'occurredAt' | 'stripeId'>) => NewTransfer;

async function post(
  tx: BillingTransaction,
  context: BillingContext,
  move: EscrowMove,
  stripeId: string | null,
  entries: readonly Entry[],
): Promise<void> {
  const occurredAt = context.clock.now();
  const transfers = entries.map((entry) => entry(move, { occurredAt, stripeId }));
  await postTransfers(tx, chart, transfers, occurredAt);
}

const fundingKey = (move: EscrowMove) => `escrow_funding:${move.run_id}:${move.attempt}`;

const funding: Entry = (move, common) =>
  transferOf({
    ...common,
    ...amountOf(move),
    key: fundingKey(move),
    kind: 'escrow_funding',
    debit: 'stripe:in_transit',
    credit: 'stripe:payments',
  });

const arrival: Entry = (move, common) =>
  transferOf({
    ...common,
    ...amountOf(move),
    key: `escrow_arrived:${move.run_id}:${move.attempt}`,
    kind: 'escrow_arrived',
    debit: 'stripe:storage',
    credit: 'stripe:in_transit',
  });

const undoing: Entry = (move, common) =>
  transferOf({
    ...common,
    ...amountOf(move),
    key: `escrow_returned:${move.run_id}:${move.attempt}`,
    kind: 'escrow_returned',
    debit: 'stripe:payments',
    credit: 'stripe:in_transit',
    corrects: fundingKey(move),
  });

function amountOf(move: EscrowMove) {
  const { month, kind: runKind } = runOf(move);
  return { month, runKind, amountCents: cents(move.moved_cents) };
}

function runOf(move: EscrowMove): Run {
  const month: Month = monthFrom(move.month);
  return { runId: move.run_id, kind: 'close', month };
}
