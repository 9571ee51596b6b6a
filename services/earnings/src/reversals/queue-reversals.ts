import type { MessageOf, Month, paymentReversed } from '@wewrite/contracts';
import { afterCommit, type Received, Refusal } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from '../db.ts';

const lockKey = 7_117_301;

/**
 * Until the transaction ends, nobody else gives reversals their places: the order of places is the order of commits, and
 * whoever holds the lock sees all that come before.
 */
async function lockPlaces(tx: Tx): Promise<void> {
  await sql`select pg_advisory_xact_lock(${lockKey}, hashtext(current_schema()))`.execute(tx);
}

/**
 * Until the transaction ends, no reversal of the month comes before those that it queues. Throws a Refusal `busy` when one
 * waits already: it would take a part of what is decided on meanwhile.
 */
export async function refuseBusy(tx: Tx, month: Month): Promise<void> {
  await lockPlaces(tx);
  const { rows: waiting } = await sql`
    select from waiting_reversal where month = ${month} and refused_because is null limit 1`.execute(tx);
  if (waiting.length > 0) throw new Refusal('busy', 'Other reversals of the month are under way: ask again shortly.');
}

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
  await lockPlaces(tx);
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
