import { closingKey, compareUtf8, earningsReversed, type MessageOf, type Run } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from '../db.ts';
import { movementOf, type Parts, type Reversal, sumParts } from './reversal.ts';

/** A reversal with what it is of. */
export interface AppliedReversal {
  readonly run: Run;
  readonly reversal: Reversal;
  readonly parts: Parts;
  /** As in `earnings.reversed`. */
  readonly beforeClosing: boolean;
}

/**
 * Writes what a reversal comes to, and says it: each writer's part, then the sums (`earnings.reversed`). Call it under the
 * lock of the run, which keeps reversals of one month in order.
 */
export async function writeReversal({ outbox }: Context, tx: Tx, applied: AppliedReversal): Promise<void> {
  await insertApplied(tx, applied);
  await insertLines(tx, applied);
  await outbox.emit(tx, earningsReversed, messagesOf(applied));
}

async function insertApplied(tx: Tx, { run, reversal, parts }: AppliedReversal): Promise<void> {
  const { taken, disputed } = movementOf(reversal);
  await sql`
    insert into applied_reversal (reversal_id, run_id, user_id, taken_cents, disputed_cents, suspense_cents)
    values (${reversal.reversalId}, ${run.runId}, ${reversal.userId}, ${taken * parts.unallocatedCents},
      ${disputed * parts.unallocatedCents}, ${(taken + disputed) * parts.suspenseCents})`.execute(tx);
}

async function insertLines(tx: Tx, { run, reversal, parts }: AppliedReversal): Promise<void> {
  const { taken, disputed } = movementOf(reversal);
  const rows = parts.lines.map((line) => ({
    reversal_id: reversal.reversalId,
    run_id: run.runId,
    chunk: line.chunk,
    position: line.position,
    user_id: line.userId,
    recipient_user_id: line.recipientUserId,
    taken_gross_cents: taken * line.grossCents,
    taken_fee_cents: taken * line.feeCents,
    disputed_gross_cents: disputed * line.grossCents,
    disputed_fee_cents: disputed * line.feeCents,
  }));
  await sql`
    insert into line_reversal
    select * from json_populate_recordset(null::line_reversal, ${JSON.stringify(rows)}::json)`.execute(tx);
}

function messagesOf({ run, reversal, parts, beforeClosing }: AppliedReversal) {
  const { reversalId, kind, settles, userId, stripeId } = reversal;
  const common = { run, reversalId, kind, settles, currency: 'usd', at: reversal.at.toISOString() };
  const ofWriter = { part: 'writer', ...common, beforeClosing };
  const byWriter = [...Map.groupBy(parts.lines, (part) => part.recipientUserId)];
  const writers = byWriter
    .sort(([one], [other]) => compareUtf8(one, other))
    .map(([recipientUserId, own]) =>
      messageOf(reversalId, recipientUserId, { ...ofWriter, recipientUserId, ...sumParts(own) }),
    );
  const closing = {
    part: 'closing',
    ...common,
    userId,
    writers: writers.length,
    ...sumParts(parts.lines),
    unallocatedCents: parts.unallocatedCents,
    suspenseCents: parts.suspenseCents,
    stripeId,
  };
  return [...writers, messageOf(reversalId, closingKey(reversalId), closing)];
}

function messageOf(reversalId: string, key: string, body: object) {
  const id = idOfCause('earnings.reversed', reversalId, key);
  const message: MessageOf<typeof earningsReversed> = earningsReversed.schema.parse(body);
  return { key, id, body: message };
}
