import type { MessageOf, stripeReceived } from '@wewrite/contracts';
import { activeTraceparent, afterCommit, type Received } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import { type Context, wakeTransferLoops } from './context.ts';
import type { Schema } from './db.ts';

/** The events after which a payout that was paid may have come back. */
const returns: readonly string[] = ['v2.money_management.outbound_payment.returned', 'transfer.reversed'];

/** E2: an event about a transfer only wakes; where the transfer is, is read from Stripe by the loop of `send-transfers.ts`. */
export async function wakeTransfers(
  context: Context,
  tx: Transaction<Schema>,
  messages: readonly Received<MessageOf<typeof stripeReceived>>[],
): Promise<void> {
  const idsOf = (chosen: typeof messages) => chosen.map(({ body }) => body.objectId);
  const { numAffectedRows } = await sql`
    insert into transfer_job as job (payout_id, state, due_at, traceparent)
    select id, 'follow', ${context.time.now()}, ${activeTraceparent()} from payout
    where (status = 'submitted' and transfer_id = any(${idsOf(messages)}::text[]))
       or (status = 'paid' and transfer_id = any(${idsOf(messages.filter(({ body }) => returns.includes(body.type)))}::text[]))
    order by id
    on conflict (payout_id) do update set due_at = excluded.due_at where job.state = 'follow'`.execute(tx);
  if (numAffectedRows !== undefined && numAffectedRows > 0n) afterCommit(tx, () => wakeTransferLoops(context));
}
