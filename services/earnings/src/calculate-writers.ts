import { sql } from 'kysely';
import type { Tx } from './db.ts';
import type { UnfinishedRun } from './run.ts';

/**
 * C1 for the next writers of the run, set-based: whole writers, with about `linesPerStep` lines. Returns the last writer
 * that was calculated, or null when these were all that were left.
 */
export async function calculateWriters(
  tx: Tx,
  { run, afterUserId, feeBasisPoints }: UnfinishedRun,
  linesPerStep: number,
): Promise<string | null> {
  const throughUserId = await findLastWriter(tx, { runId: run.runId, afterUserId, linesPerStep });
  // A writer's lines of one amount share one remainder, so A6 ranks amounts, and looks at lines only where the last extra
  // cents fall among equals. The remainders add up to gross × the extra cents; where there are none, nothing is ranked.
  await sql`
    insert into writer_month
      (run_id, recipient_user_id, gross_cents, fee_cents, net_cents, line_count, last_extra_remainder, last_extra_line_id)
    with amount as (
      select recipient_user_id, funded_cents, count(*) as line_count
      from line
      where run_id = ${run.runId} and recipient_user_id > ${afterUserId}
        and (${throughUserId}::text is null or recipient_user_id <= ${throughUserId})
      group by recipient_user_id, funded_cents
    ), earned as (
      select recipient_user_id, sum(funded_cents * line_count)::bigint as gross_cents, sum(line_count) as line_count
      from amount group by recipient_user_id
    ), charged as (
      select *, platform_fee(gross_cents, ${feeBasisPoints}) as fee_cents from earned
    ), share as (
      select recipient_user_id, funded_cents, gross_cents, amount.line_count,
        fee_remainder(fee_cents, funded_cents, gross_cents) as remainder
      from amount join charged using (recipient_user_id)
    ), ranked as (
      select recipient_user_id, funded_cents, remainder,
        sum(line_count) over with_remainders as line_count_through,
        coalesce(sum(line_count) over (with_remainders groups between unbounded preceding and 1 preceding), 0)
          as line_count_before,
        sum(remainder * line_count) over (partition by recipient_user_id) / gross_cents as extra_cents
      from share where remainder > 0
      window with_remainders as (partition by recipient_user_id order by remainder desc)
    ), tied as (
      select recipient_user_id, remainder, extra_cents - line_count_before as extra_cents,
        line_id(user_id, resource_type, resource_id, ${run.month}) collate "C" as line_id
      from ranked cross join lateral (
        -- The offset keeps this a look-up by key: joined as a whole, each step would read every line of the run.
        select user_id, resource_type, resource_id from line
        where line.run_id = ${run.runId} and line.recipient_user_id = ranked.recipient_user_id
          and line.funded_cents = ranked.funded_cents
        offset 0
      ) as line
      where extra_cents > line_count_before and extra_cents <= line_count_through
    ), last_extra as (
      select recipient_user_id, remainder, line_id, extra_cents,
        row_number() over (partition by recipient_user_id order by line_id) as place
      from tied
    )
    select ${run.runId}::uuid, recipient_user_id, gross_cents, fee_cents, gross_cents - fee_cents, line_count,
      last_extra.remainder, last_extra.line_id
    from charged left join last_extra using (recipient_user_id)
    where place is null or place = last_extra.extra_cents`.execute(tx);
  return throughUserId;
}

/** The writer with whom the step ends; null when few enough lines are left to take them all. */
async function findLastWriter(
  tx: Tx,
  { runId, afterUserId, linesPerStep }: { runId: string; afterUserId: string; linesPerStep: number },
): Promise<string | null> {
  const { rows } = await sql<{ recipient_user_id: string }>`
    select recipient_user_id from line
    where run_id = ${runId} and recipient_user_id > ${afterUserId}
      and (select sum(line_count) from chunk where run_id = ${runId}) > ${linesPerStep}
    order by recipient_user_id offset ${linesPerStep} limit 1`.execute(tx);
  return rows[0]?.recipient_user_id ?? null;
}
