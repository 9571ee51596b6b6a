import type { MessageOf, payoutRequested } from '@wewrite/contracts';
import { activeTraceparent, afterCommit, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, wakeTransferLoops } from './context.ts';
import type { Schema } from './db.ts';

/** D3: a handler never calls Stripe. It queues the transfer; the loop of `send-transfers.ts` makes it. */
export async function queueTransfers(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof payoutRequested>>[],
): Promise<void> {
  const payoutIds = messages.map(({ body }) => body.payoutId).sort();
  await sql`
    insert into transfer_job (payout_id, due_at, traceparent)
    select id, ${context.time.now()}, ${activeTraceparent()} from payout where id = any(${payoutIds}::uuid[]) and status = 'requested'
    order by id for share
    on conflict do nothing`.execute(tx);
  afterCommit(tx, () => wakeTransferLoops(context));
}
