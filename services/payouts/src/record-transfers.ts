import { sql, type Transaction } from 'kysely';
import type { Context } from './context.ts';
import type { PayoutTable, Schema, TransferJobTable } from './db.ts';
import { sayStalled } from './say-stalled.ts';
import { type EndedPayout, settlePayouts } from './settle-payouts.ts';
import { dueAgainAfterMs, followAgainAfterMs, type SentTransfer, transferKey } from './transfer-attempt.ts';
import { endingOf, isAstray } from './transfer-outcome.ts';

/**
 * Records what came of the calls, in one transaction: each call that sent or looked for a transfer; for payouts that
 * have ended the ledger and `payout.settled`; for the others what to do next, and when.
 */
export async function recordTransfers(context: Context, sent: readonly SentTransfer[]): Promise<void> {
  const ordered = sent.toSorted((a, b) => (a.claimed.id < b.claimed.id ? -1 : 1));
  const astray: SentTransfer[] = [];
  await context.database.transaction(async (tx) => {
    await insertAttempts(context, tx, ordered);
    const recorded = await lockTransfers(tx, ordered);
    const ended: EndedPayout[] = [];
    for (const each of ordered) {
      const { claimed, outcome } = each;
      const { payout, isStillClaimed } = recorded.get(claimed.id) ?? { payout: claimed, isStillClaimed: false };
      if (outcome.kind === 'made' && isAstray(payout, outcome.payment)) {
        astray.push(each);
        await leaveToOperator(tx, claimed.id);
        continue;
      }
      // A payment that is made stays so. All else was true before another call under the same key, which may have made it.
      if (outcome.kind !== 'made' && !isStillClaimed) continue;
      const ending = endingOf(payout.status, outcome);
      if (ending === null) await proceed(context, tx, each);
      else ended.push({ payout: claimed, ending });
    }
    await settlePayouts(context, tx, ended);
    const stopped = ordered.filter(isForOperator);
    if (stopped.length > 0) await sayStalled(context, tx, new Set(stopped.map(({ claimed }) => claimed.run_id)));
  });
  logOutcomes(context, sent, astray);
}

function logOutcomes({ log }: Context, sent: readonly SentTransfer[], astray: readonly SentTransfer[]): void {
  for (const { claimed, outcome } of astray) {
    const facts = { payoutId: claimed.id, attempt: claimed.attempt, ...outcome };
    log.error(facts, 'Stripe has made a payment for a payout that has ended otherwise: an operator has to look');
  }
  for (const { claimed, outcome } of sent) {
    if (outcome.kind === 'made') continue;
    const facts = { payoutId: claimed.id, attempt: claimed.attempt, ...outcome };
    if (isForOperator({ claimed, outcome })) log.error(facts, 'a transfer waits for an operator');
    else log.warn(facts, 'a transfer was not made');
  }
}

/** A payout as it is now, since a replica whose lease had ended may have recorded something meanwhile. */
interface Recorded {
  readonly payout: Pick<PayoutTable, 'status' | 'transfer_id'>;
  /** False when the transfer has been claimed again, ordered otherwise, or has ended. */
  readonly isStillClaimed: boolean;
}

/** Locks as the orders of operators do: first the transfers, then the payouts. */
async function lockTransfers(
  tx: Transaction<Schema>,
  sent: readonly SentTransfer[],
): Promise<ReadonlyMap<string, Recorded>> {
  const ids = sent.map(({ claimed }) => claimed.id);
  const { rows: jobs } = await sql<TransferJobTable>`
    select * from transfer_job where payout_id = any(${ids}::uuid[]) order by payout_id for update`.execute(tx);
  const { rows: payouts } = await sql<PayoutTable>`
    select * from payout where id = any(${ids}::uuid[]) order by id for update`.execute(tx);
  const jobOf = new Map(jobs.map((job) => [job.payout_id, job]));
  const claimOf = new Map(sent.map(({ claimed }) => [claimed.id, claimed]));
  return new Map(
    payouts.map((payout) => {
      const [job, claim] = [jobOf.get(payout.id), claimOf.get(payout.id)];
      const isSame = job?.attempt === claim?.attempt && job?.tries === claim?.tries && job?.state === claim?.state;
      return [payout.id, { payout, isStillClaimed: job !== undefined && isSame }];
    }),
  );
}

async function leaveToOperator(tx: Transaction<Schema>, payoutId: string): Promise<void> {
  await tx
    .updateTable('transfer_job')
    .set({ state: 'operator', lease_until: null })
    .where('payout_id', '=', payoutId)
    .execute();
}

/** D5: about a day of tries; then somebody has to look. */
const mostTries = 100;

function isForOperator({ claimed, outcome }: SentTransfer): boolean {
  if (outcome.kind === 'operator') return true;
  return (
    outcome.kind !== 'made' && claimed.state !== 'follow' && claimed.state !== 'cancel' && claimed.tries >= mostTries
  );
}

/** What is next for a payout that has not ended. */
async function proceed(context: Context, tx: Transaction<Schema>, sent: SentTransfer): Promise<void> {
  const { claimed, outcome } = sent;
  if (outcome.kind === 'made') {
    await follow(context, tx, sent);
    return;
  }
  // Somebody may have been told of it while it was looked at: an earlier due time stays.
  const dueAt = new Date(context.time.now().getTime() + dueAgainAfterMs(outcome, claimed.tries));
  await tx
    .updateTable('transfer_job')
    .set(({ eb, ref }) => ({
      due_at: eb.case().when('due_at', '=', claimed.due_at).then(dueAt).else(ref('due_at')).end(),
      lease_until: null,
      ...nextStateOf(sent),
    }))
    .where('payout_id', '=', claimed.id)
    .where('attempt', '=', claimed.attempt)
    .where('state', '=', claimed.state)
    .execute();
}

function nextStateOf(sent: SentTransfer): Partial<TransferJobTable> {
  const { claimed, outcome } = sent;
  if (isForOperator(sent)) return { state: 'operator' };
  if (outcome.kind === 'look_up') return { state: claimed.state === 'look_up' ? 'look_up_again' : 'look_up' };
  if (outcome.kind === 'next_key') return { state: 'send', attempt: claimed.attempt + 1, key_first_used_at: null };
  return {};
}

/** Stripe has it and goes on with it: its events wake us, and we look by ourselves, soon at first, then seldom. */
async function follow(context: Context, tx: Transaction<Schema>, { claimed, outcome }: SentTransfer): Promise<void> {
  if (outcome.kind !== 'made') return;
  const { transferId, state } = outcome.payment;
  if (state.status !== 'submitted') {
    // What Stripe says is known here already.
    await tx.deleteFrom('transfer_job').where('payout_id', '=', claimed.id).execute();
    return;
  }
  await tx
    .updateTable('payout')
    .set({ status: 'submitted', transfer_id: transferId })
    .where('id', '=', claimed.id)
    .where('status', '=', 'submitting')
    .execute();
  const isNew = claimed.state !== 'follow';
  const looks = isNew ? 0 : claimed.tries;
  const dueAt = new Date(context.time.now().getTime() + followAgainAfterMs(looks));
  await tx
    .updateTable('transfer_job')
    .set(({ eb, ref }) => ({
      state: 'follow',
      due_at: eb.case().when('due_at', '=', claimed.due_at).then(dueAt).else(ref('due_at')).end(),
      lease_until: null,
      ...(isNew ? { tries: 0 } : {}),
    }))
    .where('payout_id', '=', claimed.id)
    // An operator may have ordered something else meanwhile.
    .where('state', '=', claimed.state)
    .execute();
}

async function insertAttempts(context: Context, tx: Transaction<Schema>, sent: readonly SentTransfer[]): Promise<void> {
  const at = context.time.now();
  const values = sent.flatMap(({ claimed, outcome }) => {
    if (claimed.state === 'follow' || claimed.state === 'cancel') return [];
    return {
      payout_id: claimed.id,
      attempt: claimed.attempt,
      try: claimed.tries,
      idempotency_key: transferKey(claimed.id, claimed.attempt),
      outcome: outcome.kind,
      detail: outcome.kind === 'made' ? outcome.payment.transferId : outcome.detail,
      at,
    };
  });
  if (values.length === 0) return;
  await tx
    .insertInto('payout_attempt')
    .values(values)
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
