import { sql, type Transaction } from 'kysely';
import type { Schema } from './db.ts';
import type { LaterMonths } from './payout.ts';

/**
 * What the months after one have done to writers' balances; of who is not in it, nothing. A month that waited for its funds
 * is judged when later ones are credited.
 */
export async function readLaterMonths(
  tx: Transaction<Schema>,
  month: string,
  userIds: readonly string[],
): Promise<ReadonlyMap<string, LaterMonths>> {
  if (!(await areLaterMonthsKnown(tx, month))) return new Map();
  const { rows } = await sql<LaterMonths & { readonly userId: string }>`
    select user_id as "userId", greatest(sum(worth_cents) - sum(held_cents), 0)::bigint as "freeCents",
      sum(held_cents)::bigint as "heldCents"
    from (
      select user_id, month, net_cents as worth_cents, 0 as held_cents from writer_credit
      union all
      select user_id, month, payable_cents - receivable_cents + of_holds.cents, 0
      from adjustment cross join lateral (
        select coalesce(sum(value::bigint), 0) as cents from jsonb_each_text(adjustment.held_cents)
      ) as of_holds
      union all
      select user_id, month, 0, held_cents from writer_hold
    ) as moved
    where user_id = any(${userIds}::text[]) and month > ${month}
    group by user_id`.execute(tx);
  return new Map(rows.map(({ userId, ...later }) => [userId, later]));
}

/** What most months, which are judged before the next is credited, need not look further than. */
async function areLaterMonthsKnown(tx: Transaction<Schema>, month: string): Promise<boolean> {
  const { rows } = await sql`select from payout_month where month > ${month} limit 1`.execute(tx);
  return rows.length > 0;
}
