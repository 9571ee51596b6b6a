// Money in suspense that goes back to its supporter (E7, C6) is ordered in the transaction that puts it there; Stripe is asked
// by the loop of `send-refunds.ts`.
import { cents, type ReversalClosing } from '@wewrite/contracts';
import { activeTraceparent, afterCommit, idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { fundedParts } from './store-reversals.ts';

/** A payment that is to be given back, or a part of it. */
export interface RefundWish {
  readonly id: string;
  readonly reason: 'paid_late' | 'operator';
  readonly paymentIntentId: string;
  readonly invoiceId: string;
  readonly amountCents: number;
}

/** E7: what was paid too late for its month goes back in full. */
export function lateRefundOf(invoiceId: string, payment: { paymentIntentId: string; amountCents: number }): RefundWish {
  const { paymentIntentId, amountCents } = payment;
  const id = idOfCause('refund_order', 'paid_late', paymentIntentId);
  return { id, reason: 'paid_late', paymentIntentId, invoiceId, amountCents };
}

/** Orders refunds, each once. */
export async function orderRefunds(
  tx: BillingTransaction,
  context: BillingContext,
  wishes: readonly RefundWish[],
): Promise<void> {
  if (wishes.length === 0) return;
  await tx
    .insertInto('refund_order')
    .values(
      wishes.map((wish) => ({
        id: wish.id,
        reason: wish.reason,
        payment_intent_id: wish.paymentIntentId,
        invoice_id: wish.invoiceId,
        amount_cents: wish.amountCents,
        key_first_used_at: null,
        due_at: context.time.now(),
        lease_until: null,
        stripe_id: null,
        failure: null,
        requested_at: context.clock.now(),
        traceparent: activeTraceparent(),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  afterCommit(tx, () => context.wake('refunds'));
}

/** C6: what an operator took back of writers is the supporter's again; the newest payments of the month bear it first. */
export async function orderOperatorRefund(
  tx: BillingTransaction,
  context: BillingContext,
  { reversalId, userId, run, at, grossCents, unallocatedCents }: ReversalClosing,
): Promise<void> {
  const amountCents = cents(grossCents + unallocatedCents);
  await sql`select from customer where user_id = ${userId} for no key update`.execute(tx);
  const { rows: payments } = await sql<{ paymentIntentId: string; invoiceId: string; leftCents: number }>`
    select payment_intent_id as "paymentIntentId", payment.invoice_id as "invoiceId",
           least(funded.cents, payment.amount_cents)::bigint as "leftCents"
      from invoice join payment on payment.invoice_id = invoice.id
      join lateral (select sum(cents) as cents from (${fundedParts}) as part
                     where part.invoice_id = invoice.id and month = ${run.month}) as funded on funded.cents > 0
     where invoice.user_id = ${userId}
     order by paid_at desc, payment_intent_id`.execute(tx);
  let restCents = amountCents;
  const wishes: RefundWish[] = [];
  for (const { paymentIntentId, invoiceId, leftCents } of payments) {
    const partCents = Math.min(restCents, leftCents);
    if (partCents <= 0) continue;
    const id = idOfCause('refund_order', reversalId, paymentIntentId);
    wishes.push({ id, reason: 'operator', paymentIntentId, invoiceId, amountCents: partCents });
    restCents = cents(restCents - partCents);
  }
  for (const { id, invoiceId, amountCents: partCents } of wishes) {
    await tx
      .insertInto('reversal')
      .values({
        id,
        kind: 'operator',
        fact_id: null,
        settles: null,
        invoice_id: invoiceId,
        user_id: userId,
        month: run.month,
        amount_cents: partCents,
        budget_month: null,
        budget_cents: 0,
        at: new Date(at),
      })
      .onConflict((conflict) => conflict.doNothing())
      .execute();
  }
  await orderRefunds(tx, context, wishes);
  if (restCents > 0)
    context.log.error({ reversalId, userId, restCents }, 'no payment is left to refund: it waits in suspense');
}
