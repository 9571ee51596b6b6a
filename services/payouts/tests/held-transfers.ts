import { WriterPayoutPageSchema } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import type { PayoutHarness } from './payout-harness.ts';
import { until } from './until.ts';

/** Has the writers earn 5,000 ¢ each; gives the ids of their payouts, which are requested and kept from being sent. */
export async function requestedAndHeld(
  stack: PayoutHarness,
  month: string,
  writers: readonly string[],
): Promise<readonly string[]> {
  await stack.earn(month, Object.fromEntries(writers.map((writer) => [writer, 5_000])));
  await stack.fund(month);
  const { kysely } = stack.database<Schema>('payouts');
  await until(async () => {
    await sql`update transfer_job set state = 'held' where lease_until is null`.execute(kysely);
    const { rows } = await sql`select from transfer_job where state = 'held'`.execute(kysely);
    return rows.length === writers.length;
  });
  const { writers: found } = await stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);
  return found.map(({ payoutId }) => String(payoutId));
}
