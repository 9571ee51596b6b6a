// B5: what writers are owed stands in the books of billing and of payouts. Each counts the messages that have moved it, so that
// balances are compared only where both have taken in the same.
import type { balanceAdjusted, earningsCalculated, payoutSettled } from '@wewrite/contracts';
import { assert } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingTransaction } from '../context.ts';

/** What writers are owed, what they owe, and how many messages have moved either, by topic. */
export interface WritersBalances {
  readonly obligationsCents: number;
  readonly receivablesCents: number;
  readonly takenIn: Readonly<Record<string, number>>;
}

type MovingTopic = typeof earningsCalculated | typeof payoutSettled | typeof balanceAdjusted;

/** Counts messages in the transaction that posts them. The topic's row is locked until the commit: do it late. */
export async function countTakenIn(tx: BillingTransaction, topic: MovingTopic, messages: number): Promise<void> {
  await sql`update taken_in set messages = messages + ${messages} where topic = ${topic.name}`.execute(tx);
}

/** In one statement, so that balances and counts are of one moment whoever posts meanwhile. */
export async function readWritersBalances(tx: BillingTransaction): Promise<WritersBalances> {
  const { rows } = await sql<WritersBalances>`
    select coalesce(sum(balance_cents) filter (where account_id = 'creator_obligations'), 0)::bigint as "obligationsCents",
           coalesce(sum(balance_cents) filter (where account_id = 'creator_receivables'), 0)::bigint as "receivablesCents",
           (select json_object_agg(topic, messages) from taken_in) as "takenIn"
      from ledger_balance where account_id in ('creator_obligations', 'creator_receivables')`.execute(tx);
  const [balances] = rows;
  assert(balances !== undefined, 'an aggregate has one row');
  return balances;
}
