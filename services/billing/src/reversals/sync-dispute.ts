// E5, E2: an event says only that there is a dispute. What it has moved, and how it ended, is read from Stripe.
import type { BillingContext } from '../context.ts';
import { idOf } from '../funding/read-invoice.ts';
import { applyFacts } from './apply-facts.ts';
import { knowPayment } from './know-payment.ts';
import { factsOfDispute } from './payment-fact.ts';

/** Takes in what a dispute at Stripe has done so far; an inquiry has done nothing, and is told. */
export async function syncDispute(context: BillingContext, disputeId: string): Promise<void> {
  const dispute = await context.stripe.call('disputes.retrieve', disputeId, (sdk) => sdk.disputes.retrieve(disputeId));
  const paymentIntentId = idOf(dispute.payment_intent);
  if (paymentIntentId === null || dispute.currency !== 'usd') {
    context.log.error({ disputeId, currency: dispute.currency }, 'a dispute is of no payment of ours');
    return;
  }
  const { status, reason } = dispute;
  context.log.warn({ disputeId, paymentIntentId, status, reason }, 'a payment is disputed, or its bank asks about it');
  await knowPayment(context, paymentIntentId);
  await applyFacts(context, paymentIntentId, factsOfDispute(dispute, paymentIntentId, context.clock.now()));
}
