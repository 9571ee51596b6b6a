import { cents, type MessageOf, month, payoutSettled, type Run } from '@wewrite/contracts';
import type { NewTransfer } from '@wewrite/ledger';
import { sql, type Transaction } from 'kysely';
import { lockBalances } from './adjustments/read-books.ts';
import { settleDebts } from './adjustments/settle-debts.ts';
import { writeBooks } from './adjustments/write-books.ts';
import { askForCheck, checkBooks } from './check-books.ts';
import type { Context } from './context.ts';
import type { PayoutTable, Schema } from './db.ts';
import { advanceMonth } from './payout-month.ts';
import { runOf, sayProgress } from './progress.ts';
import { refreshAsked } from './refresh-accounts.ts';
import { sayStalled } from './say-stalled.ts';
import { payoutReturned, payoutUndone, processingFee, writerPayout } from './sub-ledger.ts';
import type { PayoutEnding } from './transfer-outcome.ts';

/** A payout and how it has just ended. */
export interface EndedPayout {
  readonly payout: PayoutTable;
  readonly ending: PayoutEnding;
}

/** D3, D4: payouts that have ended, or have come back after that, in the ledger and on `payout.settled`. */
export async function settlePayouts(
  context: Context,
  tx: Transaction<Schema>,
  ended: readonly EndedPayout[],
): Promise<void> {
  if (ended.length === 0) return;
  if (ended.some(isPayableAgain)) await lockBalances(tx);
  const at = context.clock.now();
  for (const each of ended) await writeEnding(context, tx, each, at);
  await context.outbox.emit(
    tx,
    payoutSettled,
    ended.map((each) => settledMessage(each, at)),
  );
  const runIds = new Set(ended.map(({ payout }) => payout.run_id));
  const unchecked: Run[] = [];
  for (const runId of [...runIds].sort()) {
    const ofRun = ended.filter(({ payout }) => payout.run_id === runId);
    const { run, isChecked } = await postRun(context, tx, runId, ofRun, at);
    if (!isChecked) unchecked.push(run);
  }
  // Other months are judged by the same balances.
  await askForCheck(context, tx, unchecked);
  await sayStalled(context, tx, runIds);
}

/** True when the money of the payout is payable again. */
function isPayableAgain({ ending }: EndedPayout): boolean {
  return ending.status !== 'paid';
}

async function writeEnding(
  context: Context,
  tx: Transaction<Schema>,
  { payout, ending }: EndedPayout,
  at: Date,
): Promise<void> {
  const reason = ending.status === 'paid' ? null : ending.reason;
  await tx
    .updateTable('payout')
    .set({ status: ending.status, transfer_id: ending.transferId, reason, settled_at: at })
    .where('id', '=', payout.id)
    .execute();
  if (ending.status === 'paid' && ending.isReturnedSince) {
    await tx
      .updateTable('transfer_job')
      .set({ state: 'follow', due_at: context.time.now(), lease_until: null })
      .where('payout_id', '=', payout.id)
      .execute();
    return;
  }
  await tx.deleteFrom('transfer_job').where('payout_id', '=', payout.id).execute();
  if (ending.status === 'paid') return;
  // The account may no longer be what we know of it.
  await sql`update payout_account set ${refreshAsked} where user_id = ${payout.user_id}`.execute(tx);
}

/** Posts the run's ended payouts and says how many are settled; the last one, and each that comes back, checks the books. */
async function postRun(
  context: Context,
  tx: Transaction<Schema>,
  runId: string,
  ended: readonly EndedPayout[],
  at: Date,
): Promise<{ run: Run; isChecked: boolean }> {
  const returned = ended.filter(({ ending }) => ending.status === 'returned').length;
  const settled = ended.length - returned;
  const row = await advanceMonth(tx, runId, { settled, returned });
  const run = runOf(row);
  const settledDebts = await settleDebts(tx, {
    month: run.month,
    includesEarlierMonths: true,
    byWriter: creditsOf(ended),
  });
  await writeBooks(
    context,
    tx,
    settledDebts,
    ended.flatMap((each) => postingsOf(each, at)),
  );
  const expected = row.state === 'requested' ? row.payouts_requested : null;
  const isChecked = expected === row.payouts_settled || returned > 0;
  const booksVersion = isChecked ? await checkBooks(context, tx, { run, stage: 'payouts' }) : null;
  await sayProgress(context, tx, {
    run,
    step: 'payouts',
    version: row.version,
    expected,
    done: row.payouts_settled,
    booksVersion,
  });
  return { run, isChecked };
}

/**
 * What is payable again. A hold or a dispute may have come while it was in flight, and found nothing to keep back; what the
 * writer owes by now it repays.
 */
function creditsOf(ended: readonly EndedPayout[]) {
  return new Map(
    ended.filter(isPayableAgain).map(({ payout, ending }) => {
      const credit = { amountCents: cents(payout.gross_cents), cause: `${payout.id}:${ending.status}` };
      return [payout.user_id, credit];
    }),
  );
}

function postingsOf({ payout, ending }: EndedPayout, at: Date): NewTransfer[] {
  const shared = {
    payoutId: payout.id,
    month: month(payout.month),
    userId: payout.user_id,
    currency: payout.currency,
    occurredAt: at,
    causeEventId: null,
  };
  const unreserved = payoutReturned({ ...shared, amountCents: cents(payout.gross_cents) });
  if (ending.status !== 'paid' && ending.status !== 'returned') return [unreserved];
  const stripeId = ending.transferId;
  const paid = [
    writerPayout({ ...shared, stripeId, amountCents: cents(payout.net_cents) }),
    processingFee({ ...shared, stripeId, amountCents: cents(payout.processing_fee_cents) }),
  ].filter(({ amountCents }) => amountCents > 0);
  return ending.status === 'paid' ? paid : [...paid.map((entry) => payoutUndone(entry, at)), unreserved];
}

function settledMessage({ payout, ending }: EndedPayout, at: Date) {
  const body: MessageOf<typeof payoutSettled> = payoutSettled.schema.parse({
    run: runOf(payout),
    payoutId: payout.id,
    month: payout.month,
    recipientUserId: payout.user_id,
    currency: payout.currency,
    grossCents: payout.gross_cents,
    processingFeeCents: payout.processing_fee_cents,
    netCents: payout.net_cents,
    outcome: ending.status,
    transferId: ending.transferId,
    reason: ending.status === 'paid' ? null : ending.reason,
    at: at.toISOString(),
  });
  return { key: payout.user_id, id: `${payout.id}:${body.outcome}`, body, traceparent: payout.traceparent };
}
