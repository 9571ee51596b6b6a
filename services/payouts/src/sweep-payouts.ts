import type { Month } from '@wewrite/contracts';
import type { Loop } from '@wewrite/service-kit';
import { type Kysely, sql } from 'kysely';
import { type Context, loopNames, wakeTransferLoops } from './context.ts';
import type { Schema } from './db.ts';

/**
 * D5: no payout is forgotten. One that is open and has no transfer queued, because the message of it was lost or put aside,
 * is taken up again: sent when nothing of it was, looked for at Stripe, or followed.
 */
export function sweepPayouts(context: Context): Loop {
  return {
    name: loopNames.sweep,
    pollMs: 60_000,
    due: async () => 0,
    step: async () => {
      const found = await queueForgotten(context, context.database.kysely, null);
      if (found > 0) {
        context.log.warn({ payouts: found }, 'payouts that nobody worked on are taken up again');
        wakeTransferLoops(context);
      }
      return false;
    },
  };
}

/** Queues what is open and not queued, of a month or of all; gives how many. */
export async function queueForgotten(
  { time }: Pick<Context, 'time'>,
  database: Kysely<Schema>,
  month: Month | null,
): Promise<number> {
  const { numAffectedRows } = await sql`
    insert into transfer_job (payout_id, state, due_at, traceparent)
    select id, case status when 'requested' then 'send' when 'submitting' then 'look_up' else 'follow' end,
      ${time.now()}, traceparent
    from payout
    where status in ('requested', 'submitting', 'submitted') and (${month}::text is null or month = ${month})
      and not exists (select from transfer_job where payout_id = payout.id)
    order by id for share
    on conflict do nothing`.execute(database);
  return Number(numAffectedRows ?? 0n);
}
