import { cents, type MessageOf, month, payoutSettled } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { sql, type Transaction } from 'kysely';
import type { Context } from './context.ts';
import type { Schema } from './db.ts';
import { advanceMonth } from './payout-month.ts';
import { checkBooks, runOf, sayProgress } from './progress.ts';
import { chart, payoutReturned, processingFee, writerPayout } from './sub-ledger.ts';
import { type ClaimedTransfer, dueAgainAfterMs, type SentTransfer, transferKey } from './transfer-attempt.ts';
import type { TransferOutcome } from './transfer-outcome.ts';

type Settled = SentTransfer & { readonly outcome: Extract<TransferOutcome, { kind: 'made' | 'failed' }> };

/**
 * Records what came of the calls, in one transaction: attempts always; for transfers that were made or refused for good
 * the ledger, the payout's end and `payout.settled`; for the others when to try again.
 */
export async function recordTransfers(context: Context, sent: readonly SentTransfer[]): Promise<void> {
  const ordered = sent.toSorted((a, b) => (a.claimed.id < b.claimed.id ? -1 : 1));
  await context.database.transaction(async (tx) => {
    await insertAttempts(context, tx, ordered);
    const settled = await stillUnsettled(tx, ordered.filter(isSettled));
    for (const each of ordered) if (!isSettled(each)) await postpone(context, tx, each);
    await settle(context, tx, settled);
  });
  for (const { claimed, outcome } of sent) {
    if (outcome.kind === 'made') continue;
    context.log.warn({ payoutId: claimed.id, attempt: claimed.attempt, ...outcome }, 'a transfer was not made');
  }
}

function isSettled(sent: SentTransfer): sent is Settled {
  return sent.outcome.kind === 'made' || sent.outcome.kind === 'failed';
}

/** A replica whose lease had ended may have settled it meanwhile; both saw the same transfer, the first one records it. */
async function stillUnsettled(tx: Transaction<Schema>, settled: readonly Settled[]): Promise<Settled[]> {
  const ids = settled.map(({ claimed }) => claimed.id);
  const { rows } = await sql<{ id: string }>`
    select id from payout where id = any(${ids}::uuid[]) and status in ('requested', 'submitting') order by id for update`.execute(
    tx,
  );
  const open = new Set(rows.map((row) => row.id));
  return settled.filter(({ claimed }) => open.has(claimed.id));
}

async function settle(context: Context, tx: Transaction<Schema>, settled: readonly Settled[]): Promise<void> {
  if (settled.length === 0) return;
  const at = context.clock.now();
  for (const { claimed, outcome } of settled) {
    await tx
      .updateTable('payout')
      .set(
        outcome.kind === 'made'
          ? { status: 'paid', transfer_id: outcome.transferId, settled_at: at }
          : { status: 'failed', reason: outcome.reason, settled_at: at },
      )
      .where('id', '=', claimed.id)
      .execute();
  }
  const ids = settled.map(({ claimed }) => claimed.id);
  await sql`delete from transfer_job where payout_id = any(${ids}::uuid[])`.execute(tx);
  await context.outbox.emit(
    tx,
    payoutSettled,
    settled.map((each) => settledMessage(each, at)),
  );
  const runIds = new Set(settled.map(({ claimed }) => claimed.run_id));
  for (const runId of [...runIds].sort()) {
    await sayPayouts(
      context,
      tx,
      runId,
      settled.filter(({ claimed }) => claimed.run_id === runId),
      at,
    );
  }
}

/** Posts the run's settled payouts and says how many are; the last one checks the books. */
async function sayPayouts(
  context: Context,
  tx: Transaction<Schema>,
  runId: string,
  settled: readonly Settled[],
  at: Date,
): Promise<void> {
  const row = await advanceMonth(tx, runId, { settled: settled.length });
  await postTransfers(
    tx,
    chart,
    settled.flatMap((each) => postingsOf(each, at)),
    at,
  );
  const run = runOf(row);
  const expected = row.state === 'requested' ? row.payouts_requested : null;
  const isLast = expected === row.payouts_settled;
  const booksVersion = isLast ? await checkBooks(context, tx, { run, stage: 'payouts' }) : null;
  await sayProgress(context, tx, {
    run,
    step: 'payouts',
    version: row.version,
    expected,
    done: row.payouts_settled,
    booksVersion,
  });
}

function postingsOf({ claimed, outcome }: Settled, at: Date): NewTransfer[] {
  const shared = {
    payoutId: claimed.id,
    month: month(claimed.month),
    userId: claimed.user_id,
    currency: claimed.currency,
    occurredAt: at,
    causeEventId: null,
  };
  if (outcome.kind === 'failed') return [payoutReturned({ ...shared, amountCents: cents(claimed.gross_cents) })];
  const stripeId = outcome.transferId;
  const paid = writerPayout({ ...shared, stripeId, amountCents: cents(claimed.net_cents) });
  if (claimed.processing_fee_cents === 0) return [paid];
  return [paid, processingFee({ ...shared, stripeId, amountCents: cents(claimed.processing_fee_cents) })];
}

function settledMessage({ claimed, outcome }: Settled, at: Date) {
  const body: MessageOf<typeof payoutSettled> = payoutSettled.schema.parse({
    run: runOf(claimed),
    payoutId: claimed.id,
    month: claimed.month,
    recipientUserId: claimed.user_id,
    currency: claimed.currency,
    grossCents: claimed.gross_cents,
    processingFeeCents: claimed.processing_fee_cents,
    netCents: claimed.net_cents,
    outcome: outcome.kind === 'made' ? 'paid' : 'failed',
    transferId: outcome.kind === 'made' ? outcome.transferId : null,
    reason: outcome.kind === 'failed' ? outcome.reason : null,
    at: at.toISOString(),
  });
  return { key: claimed.user_id, id: `${claimed.id}:${body.outcome}`, body, traceparent: claimed.traceparent };
}

async function postpone(context: Context, tx: Transaction<Schema>, { claimed, outcome }: SentTransfer): Promise<void> {
  const dueAt = new Date(context.time.now().getTime() + dueAgainAfterMs(outcome, claimed.tries));
  const isNextKey = outcome.kind === 'next_key';
  const lookUpState = claimed.state === 'look_up' ? 'look_up_again' : 'look_up';
  await tx
    .updateTable('transfer_job')
    .set({
      due_at: dueAt,
      lease_until: null,
      ...(outcome.kind === 'look_up' ? { state: lookUpState } : {}),
      ...(isNextKey ? { state: 'send', attempt: claimed.attempt + 1, key_first_used_at: null } : {}),
    })
    .where('payout_id', '=', claimed.id)
    .where('attempt', '=', claimed.attempt)
    .execute();
}

async function insertAttempts(context: Context, tx: Transaction<Schema>, sent: readonly SentTransfer[]): Promise<void> {
  const at = context.time.now();
  const values = sent.map(({ claimed, outcome }: { claimed: ClaimedTransfer; outcome: TransferOutcome }) => ({
    payout_id: claimed.id,
    attempt: claimed.attempt,
    try: claimed.tries,
    idempotency_key: transferKey(claimed.id, claimed.attempt),
    outcome: outcome.kind,
    detail: outcome.kind === 'made' ? outcome.transferId : outcome.detail,
    at,
  }));
  await tx
    .insertInto('payout_attempt')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
