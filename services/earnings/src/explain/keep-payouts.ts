import type { MessageOf, payoutRequested, payoutSettled } from '@wewrite/contracts';
import type { Received } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Tx } from '../db.ts';

// Which payout paid a month is known to payouts; a copy of what it says of them lets a line be explained to its end.

/** Keeps what was asked to be paid. */
export async function keepRequests(tx: Tx, messages: readonly Received<MessageOf<typeof payoutRequested>>[]) {
  const rows = messages.map(({ body, time, ...message }) => ({
    payout_id: body.payoutId,
    run_id: body.run.runId,
    month: body.month,
    recipient_user_id: body.recipientUserId,
    gross_cents: body.grossCents,
    processing_fee_cents: body.processingFeeCents,
    net_cents: body.netCents,
    requested_at: time.toISOString(),
    ...heardOf(message),
  }));
  await sql`
    insert into payout
    select * from json_populate_recordset(null::payout, ${JSON.stringify(rows)}::json)
    on conflict do nothing`.execute(tx);
}

/** Keeps what became of payouts; `paid` may be followed by `returned`. */
export async function keepOutcomes(tx: Tx, messages: readonly Received<MessageOf<typeof payoutSettled>>[]) {
  const rows = messages.map(({ body, ...message }) => ({
    payout_id: body.payoutId,
    outcome: body.outcome,
    transfer_id: body.transferId,
    reason: body.reason,
    at: body.at,
    ...heardOf(message),
  }));
  await sql`
    insert into payout_outcome
    select * from json_populate_recordset(null::payout_outcome, ${JSON.stringify(rows)}::json)
    on conflict do nothing`.execute(tx);
}

function heardOf(message: Omit<Received<unknown>, 'body' | 'time'>) {
  return {
    message_id: message.id,
    partition_number: message.partition,
    partition_offset: message.offset.toString(),
    traceparent: message.traceparent ?? null,
  };
}
