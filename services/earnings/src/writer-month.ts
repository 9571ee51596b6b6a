import { type Cents, cents, type Month } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Context } from './db.ts';

/** An amount with its platform fee. */
interface WithFee {
  readonly grossCents: Cents;
  readonly platformFeeCents: Cents;
  readonly netCents: Cents;
}

/** What reversals have taken, and what is in dispute (E5). */
export interface ReversalSums {
  readonly takenGrossCents: Cents;
  readonly takenFeeCents: Cents;
  readonly disputedGrossCents: Cents;
  readonly disputedFeeCents: Cents;
}

/** A writer's month as it was calculated (C1), and what was reversed of it since. */
export interface WriterMonth extends WithFee {
  readonly month: Month;
  readonly lineCount: number;
  readonly reversed: WithFee;
  readonly disputed: WithFee;
}

/** A writer's months that are calculated, newest first; one month's, when a run is named. */
export async function readWriterMonths(
  { database }: Context,
  { recipientUserId, runId }: { readonly recipientUserId: string; readonly runId?: string },
): Promise<readonly WriterMonth[]> {
  const { rows } = await sql<Omit<WriterMonth, 'reversed' | 'disputed'> & ReversalSums>`
    select run.month, gross_cents as "grossCents", fee_cents as "platformFeeCents", net_cents as "netCents",
      line_count as "lineCount", reversed.*
    from writer_month join run using (run_id)
    cross join lateral (
      select coalesce(sum(taken_gross_cents), 0)::bigint as "takenGrossCents",
        coalesce(sum(taken_fee_cents), 0)::bigint as "takenFeeCents",
        coalesce(sum(disputed_gross_cents), 0)::bigint as "disputedGrossCents",
        coalesce(sum(disputed_fee_cents), 0)::bigint as "disputedFeeCents"
      from line_reversal
      where line_reversal.run_id = writer_month.run_id and line_reversal.recipient_user_id = ${recipientUserId}
    ) as reversed
    where writer_month.recipient_user_id = ${recipientUserId} and run.kind = 'close' and run.state = 'calculated'
      and (${runId ?? null}::uuid is null or run.run_id = ${runId ?? null})
    order by run.month desc`.execute(database.kysely);
  return rows.map(({ takenGrossCents, takenFeeCents, disputedGrossCents, disputedFeeCents, ...month }) => ({
    ...month,
    ...reversalsOf({ takenGrossCents, takenFeeCents, disputedGrossCents, disputedFeeCents }),
  }));
}

/** The sums as answers show them. */
export function reversalsOf(sums: ReversalSums): Pick<WriterMonth, 'reversed' | 'disputed'> {
  return {
    reversed: withFee(sums.takenGrossCents, sums.takenFeeCents),
    disputed: withFee(sums.disputedGrossCents, sums.disputedFeeCents),
  };
}

function withFee(grossCents: Cents, platformFeeCents: Cents): WithFee {
  return { grossCents, platformFeeCents, netCents: cents(grossCents - platformFeeCents) };
}
