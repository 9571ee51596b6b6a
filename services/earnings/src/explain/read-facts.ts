import { cutoffOf, type Month } from '@wewrite/contracts';
import { assert, idOfCause } from '@wewrite/service-kit';
import { type RawBuilder, sql } from 'kysely';
import type { Context } from '../db.ts';
import type { Line } from '../line.ts';
import type { Heard, PayoutOfMonth, ReversalOfSome } from './chain.ts';
import type { LineFacts } from './line-steps.ts';
import type { HeldBack } from './payout-steps.ts';

/** A message's place as JSON, from the columns of what was heard. */
function heardFrom(topic: string, table: string): RawBuilder<Heard> {
  const column = (name: string) => sql.ref(`${table}.${name}`);
  return sql`json_build_object('topic', ${topic}::text, 'messageId', ${column('message_id')},
    'partition', ${column('partition_number')}, 'offset', ${column('partition_offset')},
    'traceparent', ${column('traceparent')})`;
}

/** A writer's month, or one line of it. */
export interface EarningsPart {
  readonly runId: string;
  readonly month: Month;
  readonly recipientUserId: string;
  readonly line?: Pick<Line, 'chunk' | 'position'>;
}

/** The line's own part of {@link LineFacts}, with the invoices that paid for it. */
export async function readLineFacts(context: Context, line: Line, shownId: string) {
  const { kysely } = context.database;
  const { runId, month, recipientUserId, userId } = line;
  const { rows } = await sql<
    Pick<LineFacts, 'supporter' | 'writer' | 'feeBasisPoints' | 'chunk' | 'change'> & {
      traceparent: string | null;
      invoiceIds: readonly string[] | null;
    }
  >`
    select run.fee_basis_points as "feeBasisPoints", run.traceparent, ${heardFrom('month.locked', 'chunk')} as chunk,
      chunk.invoice_ids -> ${userId} as "invoiceIds",
      json_build_object('paidCents', paid_cents, 'fundedCents', supporter.funded_cents,
        'unallocatedCents', unallocated_cents, 'unfundedCents', unfunded_cents) as supporter,
      json_build_object('grossCents', writer.gross_cents, 'feeCents', writer.fee_cents,
        'netCents', writer.net_cents) as writer,
      (
        select ${heardFrom('allocation.changed', 'standing')} from standing
        where standing.user_id = ${userId} and resource_type = ${line.resourceType}
          and resource_id = ${line.resourceId} and at < ${cutoffOf(month)}
      ) as change
    from run
    join chunk on chunk.run_id = run.run_id and chunk.chunk = ${line.chunk}
    join supporter_month as supporter on supporter.run_id = run.run_id and supporter.user_id = ${userId}
    join writer_month as writer on writer.run_id = run.run_id and writer.recipient_user_id = ${recipientUserId}
    where run.run_id = ${runId}`.execute(kysely);
  const [row] = rows;
  assert(row !== undefined, `${line.lineId} has no supporter or no writer`);
  const { traceparent, invoiceIds, ...known } = row;
  const of = { runId, month, recipientUserId, line };
  const facts: LineFacts = {
    ...known,
    line,
    shownId,
    earnings: earningsSaid(of, traceparent),
    reversals: await readReversals(context, of),
    payouts: await readPayouts(context, of),
    held: await readHeld(context, of),
  };
  return { facts, invoiceIds: invoiceIds ?? [] };
}

/** The message that the service itself has said of a writer's month. */
export function earningsSaid({ runId, recipientUserId }: EarningsPart, traceparent: string | null): Heard {
  const messageId = idOfCause('earnings.calculated', runId, recipientUserId);
  return { topic: 'earnings.calculated', messageId, partition: null, offset: null, traceparent };
}

/** What was reversed of it, in order; what is in dispute counts as gone. */
export async function readReversals(context: Context, of: EarningsPart): Promise<readonly ReversalOfSome[]> {
  const ofLine = of.line === undefined ? sql`true` : sql`chunk = ${of.line.chunk} and position = ${of.line.position}`;
  const { rows } = await sql<ReversalOfSome>`
    select reversal.reversal_id as "reversalId", kind, at, ${heardFrom('payment.reversed', 'reversal')} as heard,
      sum(taken_gross_cents + disputed_gross_cents)::bigint as "grossCents",
      sum(taken_fee_cents + disputed_fee_cents)::bigint as "feeCents"
    from line_reversal join reversal using (reversal_id)
    where run_id = ${of.runId} and recipient_user_id = ${of.recipientUserId} and ${ofLine}
    group by reversal.reversal_id order by place`.execute(context.database.kysely);
  return rows;
}

/** The payouts that may have taken it: none that was requested while it was held. */
export async function readPayouts(context: Context, of: EarningsPart): Promise<readonly PayoutOfMonth[]> {
  const { rows } = await sql<Omit<PayoutOfMonth, 'outcomes'>>`
    select payout_id as "payoutId", month, gross_cents as "grossCents", processing_fee_cents as "processingFeeCents",
      net_cents as "netCents", requested_at as "requestedAt", ${heardFrom('payout.requested', 'payout')} as heard
    from payout
    where recipient_user_id = ${of.recipientUserId} and month >= ${of.month}
      and not exists (
        select from ${holdsOf(of)}
        where held_at <= requested_at and (state = 'held' or requested_at < changed_at)
      )
    order by month, requested_at, payout_id`.execute(context.database.kysely);
  const outcomes = await readOutcomes(
    context,
    rows.map((row) => row.payoutId),
  );
  return rows.map((row) => ({ ...row, outcomes: outcomes.filter((outcome) => outcome.payoutId === row.payoutId) }));
}

/** The hold that keeps it back, if one does. */
export async function readHeld(context: Context, of: EarningsPart): Promise<HeldBack | null> {
  const { rows } = await sql<HeldBack>`
    select hold_id as "holdId", reason from ${holdsOf(of)} where state = 'held'
    order by changed_at limit 1`.execute(context.database.kysely);
  return rows[0] ?? null;
}

/** Of the writer's month, and of the line, where it is one. */
function holdsOf({ runId, recipientUserId, line }: EarningsPart) {
  const ofLine = line === undefined ? sql`false` : sql`chunk = ${line.chunk} and position = ${line.position}`;
  return sql`(
    select * from hold_state
    where run_id = ${runId} and recipient_user_id = ${recipientUserId} and (chunk is null or ${ofLine})
  ) as own_hold`;
}

async function readOutcomes(context: Context, payoutIds: readonly string[]) {
  const { rows } = await sql<PayoutOfMonth['outcomes'][number] & { readonly payoutId: string }>`
    select payout_id as "payoutId", outcome, transfer_id as "transferId", reason, at,
      ${heardFrom('payout.settled', 'payout_outcome')} as heard
    from payout_outcome where payout_id = any(${payoutIds}::uuid[]) order by at, outcome`.execute(
    context.database.kysely,
  );
  return rows;
}
