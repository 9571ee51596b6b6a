import type { Run } from '@wewrite/contracts';
import { afterCommit } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, loopNames } from './context.ts';
import type { PayoutMonthTable, Schema } from './db.ts';

/** The series of writers' months, real or rehearsed. */
export const creditSeries = 'credits';

/** The series of what was taken back of writers' months before their closing message, which counts it (E5). */
export const earlyReversalSeries = 'early_reversals';

/** Makes the run's row, with the trace that the payouts belong to, unless it is there. */
export async function openMonth(tx: Transaction<Schema>, run: Run, traceparent: string | null): Promise<void> {
  await sql`
    insert into payout_month (run_id, month, traceparent) values (${run.runId}, ${run.month}, ${traceparent})
    on conflict do nothing`.execute(tx);
}

/**
 * The month may be judged, as far as its earnings are concerned, once all writers are credited and nothing lacks of what was
 * taken back before the closing message (E5). The lock of the balances keeps credits and reversals apart, so that the later
 * one sees both. Nothing is expected where the closing message came without that count, as in an upgrade.
 */
export async function completeEarnings(
  context: Pick<Context, 'wake'>,
  tx: Transaction<Schema>,
  { runId }: Run,
): Promise<void> {
  const { numAffectedRows } = await sql`
    update payout_month set credits_complete = true
    where run_id = ${runId} and exists (
      select from completion where completion.run_id = ${runId} and series = ${creditSeries} and state = 'complete'
    ) and not exists (
      select from completion
      where completion.run_id = ${runId} and series = ${earlyReversalSeries} and state <> 'complete' and expected is not null
    )`.execute(tx);
  if (numAffectedRows === 1n) afterCommit(tx, () => context.wake(loopNames.judge));
}

/** Counts what has just happened to the run and gives its row, locked until the commit, with a new version. */
export async function advanceMonth(
  tx: Transaction<Schema>,
  runId: string,
  change: { judged?: number; requested?: number; settled?: number; returned?: number },
): Promise<PayoutMonthTable> {
  const { rows } = await sql<PayoutMonthTable>`
    update payout_month set
      writers_judged = writers_judged + ${change.judged ?? 0},
      payouts_requested = payouts_requested + ${change.requested ?? 0},
      payouts_settled = payouts_settled + ${change.settled ?? 0},
      payouts_returned = payouts_returned + ${change.returned ?? 0},
      version = version + 1
    where run_id = ${runId}
    returning *`.execute(tx);
  const row = rows[0];
  if (row === undefined) throw new Error(`run ${runId} is unknown to payouts`);
  return row;
}
