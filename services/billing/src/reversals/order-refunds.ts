// Money in suspense that goes back to its supporter (E7, C6) is ordered in the transaction that puts it there; Stripe is asked
// by the loop of `send-refunds.ts`.
import { activeTraceparent, afterCommit, idOfCause } from '@wewrite/service-kit';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { FailedRefund } from './payment-fact.ts';

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

/**
 * Refunds that we ordered have failed: their money is in suspense again, for an operator to see to. One that was ordered
 * anew meanwhile is another attempt, and goes on.
 */
export async function refuseOrders(
  tx: BillingTransaction,
  context: BillingContext,
  paymentIntentId: string,
  failed: readonly FailedRefund[],
): Promise<void> {
  for (const { refundId, orderId, attempt, failure } of failed) {
    const { numUpdatedRows } = await tx
      .updateTable('refund_order')
      .set({ state: 'refused', stripe_id: null, failure, lease_until: null })
      .where('id', '=', orderId)
      .where('payment_intent_id', '=', paymentIntentId)
      .where('state', '<>', 'refused')
      // The answer to the order may not have been recorded yet.
      .where(({ eb, or, and }) =>
        or([eb('stripe_id', '=', refundId), and([eb('stripe_id', 'is', null), eb('attempt', '=', attempt ?? 0)])]),
      )
      .executeTakeFirstOrThrow();
    if (numUpdatedRows > 0n) context.log.error({ orderId, refundId, failure }, 'a refund that we ordered has failed');
  }
}
