import type { MessageOf, paymentReversed } from '@wewrite/contracts';
import { afterCommit, type Received } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from '../db.ts';

/**
 * Takes in what billing took back of payments (E5), in order. Each waits for its month to be calculated, which it mostly is:
 * `apply_reversals` spreads it then. One that settles what another has settled already is refused, and parked.
 */
export async function queueReversals(
  context: Context,
  tx: Tx,
  messages: readonly Received<MessageOf<typeof paymentReversed>>[],
): Promise<void> {
  const rows = messages.map(({ body, ...message }, place) => ({
    place,
    reversal_id: body.reversalId,
    kind: body.kind,
    settles: body.settles,
    user_id: body.userId,
    month: body.month,
    amount_cents: body.amountCents,
    invoice_id: body.invoiceId,
    stripe_id: body.stripeId,
    at: body.at,
    message_id: message.id,
    partition_number: message.partition,
    partition_offset: message.offset.toString(),
    traceparent: message.traceparent ?? null,
  }));
  await sql`
    with heard as (
      insert into reversal (reversal_id, kind, settles, user_id, month, amount_cents, invoice_id, stripe_id, at,
        message_id, partition_number, partition_offset, traceparent)
      select reversal_id, kind, settles, user_id, month, amount_cents, invoice_id, stripe_id, at,
        message_id, partition_number, partition_offset, traceparent
      from json_populate_recordset(null::reversal, ${JSON.stringify(rows)}::json) order by place
      on conflict (reversal_id) do nothing
      returning reversal_id, month
    )
    insert into waiting_reversal (reversal_id, month) select reversal_id, month from heard`.execute(tx);
  afterCommit(tx, () => context.wake('apply_reversals'));
}
