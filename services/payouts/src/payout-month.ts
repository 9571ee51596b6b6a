import type { Run } from '@wewrite/contracts';
import { sql, type Transaction } from 'kysely';
import type { PayoutMonthTable, Schema } from './db.ts';

/** The series of writers' months, real or rehearsed. */
export const creditSeries = 'credits';

/** Makes the run's row, with the trace that the payouts belong to, unless it is there. */
export async function openMonth(tx: Transaction<Schema>, run: Run, traceparent: string | null): Promise<void> {
  await sql`
    insert into payout_month (run_id, month, traceparent) values (${run.runId}, ${run.month}, ${traceparent})
    on conflict do nothing`.execute(tx);
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
