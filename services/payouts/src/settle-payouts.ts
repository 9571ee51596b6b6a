import { cents, type MessageOf, month, payoutSettled } from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { sql, type Transaction } from 'kysely';
import type { Context } from './context.ts';
import type { Schema } from './db.ts';
import { advanceMonth } from './payout-month.ts';
import { checkBooks, runOf, sayProgress } from './progress.ts';
import { chart, payoutReturned, payoutUndone, processingFee, writerPayout } from './sub-ledger.ts';
import type { ClaimedTransfer } from './transfer-attempt.ts';
import type { PayoutEnding } from './transfer-outcome.ts';

/** A payout and how it has just ended. */
export interface EndedPayout {
  readonly claimed: ClaimedTransfer;
  readonly ending: PayoutEnding;
}

/** D3, D4: payouts that have ended, or have come back after that, in the ledger and on `payout.settled`. */
export async function settlePayouts(
  context: Context,
  tx: Transaction<Schema>,
  ended: readonly EndedPayout[],
): Promise<void> {
  if (ended.length === 0) return;
  const at = context.clock.now();
  for (const each of ended) await writeEnding(context, tx, each, at);
  await context.outbox.emit(
    tx,
    payoutSettled,
    ended.map((each) => settledMessage(each, at)),
  );
  const runIds = new Set(ended.map(({ claimed }) => claimed.run_id));
  for (const runId of [...runIds].sort()) {
    await postRun(
      context,
      tx,
      runId,
      ended.filter(({ claimed }) => claimed.run_id === runId),
      at,
    );
  }
}

async function writeEnding(
  context: Context,
  tx: Transaction<Schema>,
  { claimed, ending }: EndedPayout,
  at: Date,
): Promise<void> {
  const reason = ending.status === 'paid' ? null : ending.reason;
  await tx
    .updateTable('payout')
    .set({ status: ending.status, transfer_id: ending.transferId, reason, settled_at: at })
    .where('id', '=', claimed.id)
    .execute();
  if (ending.status === 'paid' && ending.isReturnedSince) {
    await tx
      .updateTable('transfer_job')
      .set({ state: 'follow', due_at: context.time.now(), lease_until: null })
      .where('payout_id', '=', claimed.id)
      .execute();
    return;
  }
  await tx.deleteFrom('transfer_job').where('payout_id', '=', claimed.id).execute();
  if (ending.status === 'paid') return;
  // The account may no longer be what we know of it.
  await sql`update payout_account set refresh_due = true where user_id = ${claimed.user_id}`.execute(tx);
}

/** Posts the run's ended payouts and says how many are settled; the last one, and each that comes back, checks the books. */
async function postRun(
  context: Context,
  tx: Transaction<Schema>,
  runId: string,
  ended: readonly EndedPayout[],
  at: Date,
): Promise<void> {
  const settled = ended.filter(({ ending }) => ending.status !== 'returned').length;
  const row = await advanceMonth(tx, runId, { settled });
  await postTransfers(
    tx,
    chart,
    ended.flatMap((each) => postingsOf(each, at)),
    at,
  );
  const run = runOf(row);
  const expected = row.state === 'requested' ? row.payouts_requested : null;
  const isChecked = expected === row.payouts_settled || settled < ended.length;
  const booksVersion = isChecked ? await checkBooks(context, tx, { run, stage: 'payouts' }) : null;
  await sayProgress(context, tx, {
    run,
    step: 'payouts',
    version: row.version,
    expected,
    done: row.payouts_settled,
    booksVersion,
  });
}

function postingsOf({ claimed, ending }: EndedPayout, at: Date): NewTransfer[] {
  const shared = {
    payoutId: claimed.id,
    month: month(claimed.month),
    userId: claimed.user_id,
    currency: claimed.currency,
    occurredAt: at,
    causeEventId: null,
  };
  const unreserved = payoutReturned({ ...shared, amountCents: cents(claimed.gross_cents) });
  if (ending.status !== 'paid' && ending.status !== 'returned') return [unreserved];
  const stripeId = ending.transferId;
  const paid = [
    writerPayout({ ...shared, stripeId, amountCents: cents(claimed.net_cents) }),
    processingFee({ ...shared, stripeId, amountCents: cents(claimed.processing_fee_cents) }),
  ].filter(({ amountCents }) => amountCents > 0);
  return ending.status === 'paid' ? paid : [...paid.map((entry) => payoutUndone(entry, at)), unreserved];
}

function settledMessage({ claimed, ending }: EndedPayout, at: Date) {
  const body: MessageOf<typeof payoutSettled> = payoutSettled.schema.parse({
    run: runOf(claimed),
    payoutId: claimed.id,
    month: claimed.month,
    recipientUserId: claimed.user_id,
    currency: claimed.currency,
    grossCents: claimed.gross_cents,
    processingFeeCents: claimed.processing_fee_cents,
    netCents: claimed.net_cents,
    outcome: ending.status,
    transferId: ending.transferId,
    reason: ending.status === 'paid' ? null : ending.reason,
    at: at.toISOString(),
  });
  return { key: claimed.user_id, id: `${claimed.id}:${body.outcome}`, body, traceparent: claimed.traceparent };
}
