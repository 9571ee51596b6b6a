// E5, E2: an event says only that there is a refund. What it has done is read from Stripe, outside of any transaction.
import type { BillingContext } from '../context.ts';
import { idOf, readMovement } from '../funding/read-invoice.ts';
import { applyFacts } from './apply-facts.ts';
import { knowPayment } from './know-payment.ts';
import { factsOfRefund } from './payment-fact.ts';

/** Takes in what a refund at Stripe has done so far. */
export async function syncRefund(context: BillingContext, refundId: string): Promise<void> {
  const { stripe } = context;
  const refund = await stripe.call('refunds.retrieve', refundId, (sdk) => sdk.refunds.retrieve(refundId));
  const paymentIntentId = idOf(refund.payment_intent);
  if (paymentIntentId === null || refund.currency !== 'usd') {
    context.log.error({ refundId, currency: refund.currency }, 'a refund is of no payment of ours');
    return;
  }
  const movementOf = async (reference: Parameters<typeof idOf>[0]) => {
    const id = idOf(reference);
    return id === null ? null : readMovement(stripe, id);
  };
  const sent = await movementOf(refund.balance_transaction);
  const failed = await movementOf(refund.failure_balance_transaction);
  await knowPayment(context, paymentIntentId);
  await applyFacts(context, paymentIntentId, factsOfRefund(refund, paymentIntentId, { sent, failed }));
}
