import type { BillingContext } from '../context.ts';
import { idOf } from '../funding/read-invoice.ts';
import { syncPayment } from './sync-payment.ts';

/** Takes in what a refund at Stripe has done so far, and whatever else happened to its payment (E5). */
export async function syncRefund(context: BillingContext, refundId: string): Promise<void> {
  const refund = await context.stripe.call('refunds.retrieve', refundId, (sdk) => sdk.refunds.retrieve(refundId));
  const paymentIntentId = idOf(refund.payment_intent);
  if (paymentIntentId === null || refund.currency !== 'usd') {
    context.log.error({ refundId, currency: refund.currency }, 'a refund is of no payment of ours');
    return;
  }
  await syncPayment(context, paymentIntentId);
}
