// E5, C6: what earnings has spread is posted: the fees and what was left unallocated on the sums of a reversal, each writer's
// part once payouts has told what of it was still there. A dispute that is open, or was won, moves no revenue.
import {
  balanceAdjusted,
  cents,
  type earningsReversed,
  type MessageOf,
  type ReversalClosing,
  type ReversalKind,
} from '@wewrite/contracts';
import { type NewTransfer, postTransfers } from '@wewrite/ledger';
import { assert, type Received } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import { askForChecksOf } from '../close/check-due-books.ts';
import { countTakenIn } from '../close/taken-in.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { orderOperatorRefunds } from './order-operator-refunds.ts';
import { broughtBy } from './store-reversals.ts';

/** The sums of reversals; the writers' parts among them are for payouts. */
export async function postReversals(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Received<MessageOf<typeof earningsReversed>>[],
): Promise<void> {
  const closings = messages.flatMap(({ id, body }) => (body.part === 'closing' ? [{ id, body }] : []));
  const known = await knownReversals(
    tx,
    closings.map(({ body }) => body.reversalId),
  );
  for (const { body } of closings) assertWhole(body, known.get(body.reversalId));
  const transfers = closings.flatMap(({ id, body }) => closingTransfers(body, id, known.get(body.reversalId)));
  await postTransfers(tx, chart, transfers, context.clock.now());
  await orderOperatorRefunds(
    tx,
    context,
    closings.map(({ body }) => body),
  );
}

/** What writers' balances came to. */
export async function postAdjustments(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Received<MessageOf<typeof balanceAdjusted>>[],
): Promise<void> {
  const known = await knownReversals(
    tx,
    messages.flatMap(({ body }) => body.reversalId ?? []),
  );
  const transfers = messages.flatMap(({ id, body }) =>
    adjustmentTransfers(body, id, body.reversalId === null ? undefined : known.get(body.reversalId)),
  );
  await postTransfers(tx, chart, transfers, context.clock.now());
  const moving = messages.filter(({ body }) => body.obligationsFallCents !== 0 || body.receivableRiseCents !== 0);
  await countTakenIn(tx, balanceAdjusted, moving.length);
  await askForChecksOf(
    tx,
    context,
    messages.map(({ body }) => body.month),
  );
}

interface KnownReversal {
  readonly id: string;
  readonly kind: ReversalKind;
  readonly amountCents: number;
  /** The entry that brought the money, which is corrected. */
  readonly broughtBy: string;
  readonly stripeId: string | null;
}

async function knownReversals(
  tx: BillingTransaction,
  ids: readonly string[],
): Promise<ReadonlyMap<string, KnownReversal>> {
  const { rows } = await sql<KnownReversal>`
    select reversal.id, reversal.kind, reversal.amount_cents as "amountCents", ${broughtBy('reversal')} as "broughtBy",
           case when reversal.kind = 'dispute_lost' then object_id else fact_id end as "stripeId"
      from reversal left join payment_fact on payment_fact.id = fact_id
     where reversal.id = any (${ids}::uuid[])`.execute(tx);
  return new Map(rows.map((row) => [row.id, row]));
}

/** An operator's reversal is earnings' own; any other is of ours, and comes back whole. */
function assertWhole(
  { kind, reversalId, grossCents, unallocatedCents, suspenseCents }: ReversalClosing,
  known?: KnownReversal,
): void {
  if (kind === 'operator') return;
  assert(known?.kind === kind, `E5: ${kind} ${reversalId} is none that billing has said`);
  assert(
    known.amountCents === grossCents + unallocatedCents + suspenseCents,
    `E5: the parts of ${reversalId} add up to what was reversed`,
  );
}

/** Where the money of a reversal went, or is; null for one that moves no revenue. */
function counterAccountOf(kind: ReversalKind): string | null {
  switch (kind) {
    case 'refund':
    case 'refund_failed':
      return 'stripe:payments';
    case 'dispute_lost':
      return 'stripe:disputed';
    case 'operator':
      return 'suspense';
    case 'dispute_opened':
    case 'dispute_won':
      return null;
  }
}

function closingTransfers(body: ReversalClosing, messageId: string, known?: KnownReversal): NewTransfer[] {
  const counter = counterAccountOf(body.kind);
  if (counter === null) return [];
  const sign = body.kind === 'refund_failed' ? -1 : 1;
  const common = {
    kind: body.kind,
    month: body.run.month,
    occurredAt: new Date(body.at),
    causeEventId: messageId,
    stripeId: known?.stripeId ?? null,
    corrects: known?.broughtBy ?? null,
  };
  return [
    ...signed(
      { ...common, key: `${body.kind}:${body.reversalId}:fees`, cents: sign * body.feeCents },
      'platform_revenue:fees',
      counter,
    ),
    ...signed(
      { ...common, key: `${body.kind}:${body.reversalId}:unallocated`, cents: sign * body.unallocatedCents },
      'platform_revenue:unallocated',
      counter,
    ),
    // What an operator had taken of it already is in suspense: there it goes to the same supporter.
    ...signed(
      { ...common, key: `${body.kind}:${body.reversalId}:suspense`, cents: sign * body.suspenseCents },
      'suspense',
      counter,
    ),
  ];
}

function adjustmentTransfers(
  body: MessageOf<typeof balanceAdjusted>,
  messageId: string,
  known?: KnownReversal,
): NewTransfer[] {
  const { adjustmentId, kind, obligationsFallCents: fallCents, receivableRiseCents: riseCents } = body;
  const common = {
    kind,
    month: body.month,
    occurredAt: new Date(body.at),
    causeEventId: messageId,
    stripeId: known?.stripeId ?? null,
    corrects: known?.broughtBy ?? null,
  };
  const key = `${kind}:${adjustmentId}`;
  if (kind === 'receivable_repaid') {
    assert(fallCents === -riseCents, `D8: repayment ${adjustmentId} is of one amount`);
    return signed({ ...common, key, cents: fallCents }, 'creator_obligations', 'creator_receivables');
  }
  if (kind === 'write_off') {
    assert(fallCents === 0, `D8: write-off ${adjustmentId} is of what is owed to us`);
    return signed({ ...common, key, cents: -riseCents }, 'losses:write_offs', 'creator_receivables');
  }
  const counter = counterAccountOf(kind) ?? 'suspense';
  return [
    ...signed({ ...common, key: `${key}:obligations`, cents: fallCents }, 'creator_obligations', counter),
    ...signed({ ...common, key: `${key}:receivable`, cents: riseCents }, 'creator_receivables', counter),
  ];
}

/** Debits one account and credits the other, or the other way round when the amount is negative. */
function signed(
  {
    cents: amount,
    ...transfer
  }: Omit<Parameters<typeof transferOf>[0], 'debit' | 'credit' | 'amountCents'> & {
    cents: number;
  },
  debit: string,
  credit: string,
): NewTransfer[] {
  if (amount === 0) return [];
  const sides = amount > 0 ? { debit, credit } : { debit: credit, credit: debit };
  return [transferOf({ ...transfer, ...sides, amountCents: cents(Math.abs(amount)) })];
}
