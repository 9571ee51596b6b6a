import { cutoffOf, type Month, month as monthFrom } from '@wewrite/contracts';
import { type Kysely, sql, type Transaction } from 'kysely';
import type { PayoutMonthTable, Schema } from './db.ts';

/**
 * The month whose writers are judged next: months are judged in order, each once its earnings are credited, escrow covers it,
 * and nothing of an earlier one still goes on that would have been over, had that month been paid on time.
 */
export async function monthToJudge(database: Kysely<Schema>): Promise<PayoutMonthTable | undefined> {
  const { rows } = await sql<PayoutMonthTable>`
    select * from payout_month where state <> 'requested' order by month limit 1`.execute(database);
  const [next] = rows;
  if (next === undefined || !next.credits_complete || !next.escrow_funded) return undefined;
  if (next.state === 'judging') return next;
  return (await areEarlierPayoutsUnderWay(database, monthFrom(next.month))) ? undefined : next;
}

/** Whether a month's judging waits for an earlier one, whatever else it waits for. */
export async function waitsForEarlierMonth(tx: Transaction<Schema>, month: Month): Promise<boolean> {
  const { rows } = await sql<{ unjudged: boolean }>`
    select exists (select from payout_month where month < ${month} and state <> 'requested') as unjudged`.execute(tx);
  return rows[0]?.unjudged === true || areEarlierPayoutsUnderWay(tx, month);
}

/**
 * A8: a writer would be told `already_in_flight` for no other reason than that two months were paid late, soon one after the
 * other. What was requested before this month's cutoff is too old for that; what waits for a person holds up nobody else.
 */
async function areEarlierPayoutsUnderWay(database: Kysely<Schema>, month: Month): Promise<boolean> {
  const { rows } = await sql<{ underWay: boolean }>`
    select exists (
      select from payout left join transfer_job on payout_id = id
      where status in ('requested', 'submitting', 'submitted') and month < ${month} and requested_at >= ${cutoffOf(month)}
        and coalesce(state, 'send') not in ('operator', 'held')
    ) as "underWay"`.execute(database);
  return rows[0]?.underWay === true;
}
