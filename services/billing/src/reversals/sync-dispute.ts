import type { BillingContext } from '../context.ts';
import { idOf } from '../funding/read-invoice.ts';
import { syncPayment } from './sync-payment.ts';

/** Takes in what a dispute at Stripe has done so far, and whatever else happened to its payment; an inquiry has done nothing, and is told (E5). */
export async function syncDispute(context: BillingContext, disputeId: string): Promise<void> {
  const dispute = await context.stripe.call('disputes.retrieve', disputeId, (sdk) => sdk.disputes.retrieve(disputeId));
  const paymentIntentId = idOf(dispute.payment_intent);
  if (paymentIntentId === null || dispute.currency !== 'usd') {
    context.log.error({ disputeId, currency: dispute.currency }, 'a dispute is of no payment of ours');
    return;
  }
  const { status, reason } = dispute;
  context.log.warn({ disputeId, paymentIntentId, status, reason }, 'a payment is disputed, or its bank asks about it');
  await syncPayment(context, paymentIntentId);
}
