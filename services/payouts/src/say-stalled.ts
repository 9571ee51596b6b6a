import { monthStalled } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context } from './context.ts';
import type { PayoutMonthTable, Schema } from './db.ts';
import { runOf } from './progress.ts';

/**
 * A8: says that a month's payouts wait for a person, once each that has not ended does. Whoever stops a transfer, or ends one
 * that was not stopped, calls it for the months of both, after everything else: the months' rows keep them apart.
 */
export async function sayStalled(context: Context, tx: Transaction<Schema>, runIds: Iterable<string>): Promise<void> {
  const { rows: months } = await sql<PayoutMonthTable>`
    select * from payout_month where run_id = any(${[...runIds]}::uuid[]) and state = 'requested'
    order by run_id for update`.execute(tx);
  for (const month of months) {
    const openCount = month.payouts_requested - month.payouts_settled;
    if (openCount === 0 || openCount !== (await countStopped(tx, month.run_id))) continue;
    const run = runOf(month);
    const at = context.clock.now().toISOString();
    await context.outbox.emit(tx, monthStalled, [
      {
        key: run.month,
        id: idOfCause('month.stalled', run.runId, 'operator'),
        body: { run, month: run.month, because: 'operator', at },
        traceparent: month.traceparent,
      },
    ]);
  }
}

async function countStopped(tx: Transaction<Schema>, runId: string): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*) as count from transfer_job join payout on id = payout_id
    where state in ('operator', 'held') and status in ('requested', 'submitting', 'submitted') and run_id = ${runId}`.execute(
    tx,
  );
  return rows[0]?.count ?? 0;
}
