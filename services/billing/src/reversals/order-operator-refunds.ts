// C6: what an operator took back of writers is the supporter's again. It waits in suspense until it is refunded, or until a
// refund or dispute that crossed it has taken it out (E5); when that comes to nothing, it waits there again.
import { type Cents, cents, compareUtf8, type ReversalClosing } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { orderRefunds, type RefundWish } from './order-refunds.ts';
import { fundedParts } from './store-reversals.ts';

/** Orders what waits in suspense of the supporters' months that closing parts of reversals are of. */
export async function orderOperatorRefunds(
  tx: BillingTransaction,
  context: BillingContext,
  closings: readonly ReversalClosing[],
): Promise<void> {
  const suspended = closings
    .filter((closing) => suspendedCents(closing) !== 0)
    .sort((a, b) => compareUtf8(a.userId, b.userId));
  for (const closing of suspended) {
    const { reversalId, userId, run } = closing;
    await tx
      .insertInto('suspended_reversal')
      .values({ reversal_id: reversalId, user_id: userId, month: run.month, cents: suspendedCents(closing) })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
    await order(tx, context, closing);
  }
}

/** What a reversal puts into suspense; negative: what it takes out. A dispute has taken it out when it was opened. */
function suspendedCents(closing: ReversalClosing): number {
  const { kind, settles, grossCents, unallocatedCents, suspenseCents } = closing;
  switch (kind) {
    case 'operator':
      return grossCents + unallocatedCents;
    case 'refund':
    case 'dispute_opened':
      return -suspenseCents;
    case 'refund_failed':
    case 'dispute_won':
      return suspenseCents;
    case 'dispute_lost':
      return settles === null ? -suspenseCents : 0;
  }
}

/** The newest payments of the month bear it first. */
async function order(
  tx: BillingTransaction,
  context: BillingContext,
  { reversalId, userId, run, at }: ReversalClosing,
): Promise<void> {
  const { month } = run;
  await sql`select from customer where user_id = ${userId} for no key update`.execute(tx);
  let restCents = await waitingCents(tx, userId, month);
  if (restCents <= 0) return;
  const wishes: RefundWish[] = [];
  const borneCents = new Map<string, number>();
  for (const { paymentIntentId, invoiceId, amountCents, leftCents } of await paymentsOf(tx, userId, month)) {
    const borne = borneCents.get(invoiceId) ?? 0;
    const partCents = Math.min(restCents, amountCents, leftCents - borne);
    if (partCents <= 0) continue;
    const id = idOfCause('refund_order', reversalId, paymentIntentId);
    wishes.push({ id, reason: 'operator', paymentIntentId, invoiceId, amountCents: partCents });
    borneCents.set(invoiceId, borne + partCents);
    restCents = cents(restCents - partCents);
  }
  for (const wish of wishes) await reverse(tx, wish, { userId, month, at: new Date(at) });
  await orderRefunds(tx, context, wishes);
  if (restCents > 0) {
    const sentence = 'no payment is left to refund: it waits in suspense, unless a refund that crossed it takes it';
    context.log.warn({ reversalId, userId, restCents }, sentence);
  }
}

/** What is in suspense of a supporter's month, and not ordered yet. */
async function waitingCents(tx: BillingTransaction, userId: string, month: string): Promise<Cents> {
  const { rows } = await sql<{ waiting: number }>`
    select (coalesce((select sum(cents) from suspended_reversal where user_id = ${userId} and month = ${month}), 0)
            - coalesce((select sum(amount_cents) from reversal
                         where kind = 'operator' and user_id = ${userId} and month = ${month}), 0))::bigint as waiting`.execute(
    tx,
  );
  return cents(rows[0]?.waiting ?? 0);
}

interface FundingPayment {
  readonly paymentIntentId: string;
  readonly invoiceId: string;
  readonly amountCents: number;
  /** What its invoice still funds of the month. */
  readonly leftCents: number;
}

async function paymentsOf(tx: BillingTransaction, userId: string, month: string): Promise<readonly FundingPayment[]> {
  const { rows } = await sql<FundingPayment>`
    select payment_intent_id as "paymentIntentId", payment.invoice_id as "invoiceId",
           payment.amount_cents as "amountCents", funded.cents::bigint as "leftCents"
      from invoice join payment on payment.invoice_id = invoice.id
      join lateral (select sum(cents) as cents from (${fundedParts}) as part
                     where part.invoice_id = invoice.id and month = ${month}) as funded on funded.cents > 0
     where invoice.user_id = ${userId}
     order by paid_at desc, payment_intent_id`.execute(tx);
  return rows;
}

/** What is ordered funds the month no more: no refund or dispute that comes later takes it of writers again. */
async function reverse(
  tx: BillingTransaction,
  { id, invoiceId, amountCents }: RefundWish,
  { userId, month, at }: { readonly userId: string; readonly month: string; readonly at: Date },
): Promise<void> {
  await tx
    .insertInto('reversal')
    .values({
      id,
      kind: 'operator',
      fact_id: null,
      settles: null,
      invoice_id: invoiceId,
      user_id: userId,
      month,
      amount_cents: amountCents,
      budget_month: null,
      budget_cents: 0,
      at,
    })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}
