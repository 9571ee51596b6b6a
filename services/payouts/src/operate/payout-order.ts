import type { Transaction } from 'kysely';
import type { Context } from '../context.ts';
import type { PayoutOrderTable, PayoutTable, Schema, TransferJobTable } from '../db.ts';

/** A payout with its transfer; null when that has ended, or is not queued yet. */
export interface OrderedPayout {
  readonly payout: PayoutTable;
  readonly job: TransferJobTable | null;
}

/** The payout, locked with its transfer until the transaction ends; null when there is none of the id. */
export async function lockPayout(tx: Transaction<Schema>, payoutId: string): Promise<OrderedPayout | null> {
  // As the loop of transfers does: first the transfer, then the payout.
  const job = await tx
    .selectFrom('transfer_job')
    .selectAll()
    .where('payout_id', '=', payoutId)
    .forUpdate()
    .executeTakeFirst();
  const payout = await tx.selectFrom('payout').selectAll().where('id', '=', payoutId).forUpdate().executeTakeFirst();
  return payout === undefined ? null : { payout, job: job ?? null };
}

/** True when Stripe knows nothing of the payout: no request under its present key has left, and none before has made it. */
export function isUnsent({ payout, job }: OrderedPayout): boolean {
  if (job === null) return payout.status === 'requested';
  return job.state === 'held' || (job.state === 'send' && job.key_first_used_at === null);
}

/** Keeps who ordered what, and why. */
export async function keepOrder(
  { clock, ids, log }: Context,
  tx: Transaction<Schema>,
  order: Pick<PayoutOrderTable, 'payout_id' | 'kind' | 'reason' | 'ordered_by'>,
): Promise<void> {
  await tx
    .insertInto('payout_order')
    .values({ ...order, id: ids.next(), at: clock.now() })
    .execute();
  log.info({ ...order }, 'an operator has given an order about a payout');
}
