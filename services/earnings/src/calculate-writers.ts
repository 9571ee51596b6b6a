import { sql } from 'kysely';
import type { Tx } from './db.ts';
import type { UnfinishedRun } from './run.ts';

/** How far one transaction goes: whole writers with about as many lines, so that it ends well within the time-out. */
const linesPerStep = 500_000;

/**
 * C1 for the next writers of the run, set-based. Returns the last writer that was calculated, or null when these were
 * all that were left.
 */
export async function calculateWriters(
  tx: Tx,
  { run, afterUserId, feeBasisPoints }: UnfinishedRun,
): Promise<string | null> {
  const throughUserId = await findLastWriter(tx, run.runId, afterUserId);
  const isNext = sql`
    line.run_id = ${run.runId} and line.recipient_user_id > ${afterUserId}
    and (${throughUserId}::text is null or line.recipient_user_id <= ${throughUserId})`;
  // Lines without a remainder carry no extra cent; the remainders of the others add up to gross × the extra cents.
  await sql`
    insert into writer_month
      (run_id, recipient_user_id, gross_cents, fee_cents, net_cents, line_count, last_extra_remainder, last_extra_line_id)
    with earned as (
      select recipient_user_id, sum(funded_cents)::bigint as gross_cents, count(*) as line_count
      from line where ${isNext} group by recipient_user_id
    ), charged as (
      select *, platform_fee(gross_cents, ${feeBasisPoints}) as fee_cents from earned
    ), share as (
      select recipient_user_id, charged.gross_cents,
        fee_remainder(charged.fee_cents, line.funded_cents, charged.gross_cents) as remainder,
        line_id(line.user_id, line.resource_type, line.resource_id, ${run.month}) collate "C" as line_id
      from line join charged using (recipient_user_id)
      where ${isNext} and charged.fee_cents > 0
    ), ranked as (
      select recipient_user_id, remainder, line_id,
        row_number() over (partition by recipient_user_id order by remainder desc, line_id) as rank,
        sum(remainder) over (partition by recipient_user_id) / gross_cents as extra_cents
      from share where remainder > 0
    ), last_extra as (
      select * from ranked where rank = extra_cents
    )
    select ${run.runId}::uuid, recipient_user_id, gross_cents, fee_cents, gross_cents - fee_cents, line_count,
      last_extra.remainder, last_extra.line_id
    from charged left join last_extra using (recipient_user_id)`.execute(tx);
  return throughUserId;
}

/** The writer with whom a step ends; null when few enough lines are left to take them all. */
async function findLastWriter(tx: Tx, runId: string, afterUserId: string): Promise<string | null> {
  const { rows } = await sql<{ recipient_user_id: string }>`
    select recipient_user_id from line
    where run_id = ${runId} and recipient_user_id > ${afterUserId}
    order by recipient_user_id offset ${linesPerStep} limit 1`.execute(tx);
  return rows[0]?.recipient_user_id ?? null;
}
