import { closingKey, compareUtf8, earningsReversed, type MessageOf, type Run } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context, Tx } from '../db.ts';
import { movementOf, type Parts, type Reversal, sumParts } from './reversal.ts';

/** A reversal with what it is of. */
export interface AppliedReversal {
  readonly reversal: Reversal;
  readonly parts: Parts;
}

/**
 * Writes what reversals come to, and says it: each writer's part, then the sums (`earnings.reversed`). Call it under the
 * lock of the run, which keeps reversals of one month in order.
 */
export async function writeReversals(
  { outbox }: Context,
  tx: Tx,
  { run, applied }: { readonly run: Run; readonly applied: readonly AppliedReversal[] },
): Promise<void> {
  await insertApplied(tx, run, applied);
  await insertLines(tx, run, applied);
  await outbox.emit(
    tx,
    earningsReversed,
    applied.flatMap((one) => messagesOf(run, one)),
  );
}

async function insertApplied(tx: Tx, run: Run, applied: readonly AppliedReversal[]): Promise<void> {
  const rows = applied.map(({ reversal, parts }) => {
    const { taken, disputed } = movementOf(reversal);
    return {
      reversal_id: reversal.reversalId,
      run_id: run.runId,
      user_id: reversal.userId,
      taken_cents: taken * parts.unallocatedCents,
      disputed_cents: disputed * parts.unallocatedCents,
    };
  });
  await sql`
    insert into applied_reversal
    select * from json_populate_recordset(null::applied_reversal, ${JSON.stringify(rows)}::json)`.execute(tx);
}

async function insertLines(tx: Tx, run: Run, applied: readonly AppliedReversal[]): Promise<void> {
  const rows = applied.flatMap(({ reversal, parts }) => {
    const { taken, disputed } = movementOf(reversal);
    return parts.lines.map((line) => ({
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
  });
  await sql`
    insert into line_reversal
    select * from json_populate_recordset(null::line_reversal, ${JSON.stringify(rows)}::json)`.execute(tx);
}

function messagesOf(run: Run, { reversal, parts }: AppliedReversal) {
  const { reversalId, kind, settles, userId, stripeId } = reversal;
  const common = { run, reversalId, kind, settles, currency: 'usd', at: reversal.at.toISOString() };
  const byWriter = [...Map.groupBy(parts.lines, (part) => part.recipientUserId)];
  const writers = byWriter
    .sort(([one], [other]) => compareUtf8(one, other))
    .map(([recipientUserId, own]) =>
      messageOf(reversalId, recipientUserId, { part: 'writer', ...common, recipientUserId, ...sumParts(own) }),
    );
  const closing = {
    part: 'closing',
    ...common,
    userId,
    writers: writers.length,
    ...sumParts(parts.lines),
    unallocatedCents: parts.unallocatedCents,
    stripeId,
  };
  return [...writers, messageOf(reversalId, closingKey(reversalId), closing)];
}

function messageOf(reversalId: string, key: string, body: object) {
  const id = idOfCause('earnings.reversed', reversalId, key);
  return { key, id, body: earningsReversed.schema.parse(body) as MessageOf<typeof earningsReversed> };
}
