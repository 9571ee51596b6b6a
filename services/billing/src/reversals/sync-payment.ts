// E5, E2: an event says only that there is a refund or a dispute. What all those of a payment have done is read from Stripe,
// outside of any transaction, and applied in the order of Stripe's time: what one finds left depends on those before it.
import type Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import { idOf, readMovement } from '../funding/read-invoice.ts';
import { applyFacts } from './apply-facts.ts';
import { knowPayment } from './know-payment.ts';
import { factsOfDispute, factsOfRefund, failedRefundOf, type PaymentFact } from './payment-fact.ts';

const page = 100;

/** Takes in what the refunds and disputes of a payment have done so far. */
export async function syncPayment(context: BillingContext, paymentIntentId: string): Promise<void> {
  const { stripe, clock } = context;
  await knowPayment(context, paymentIntentId);
  const filter = { payment_intent: paymentIntentId, limit: page };
  const refunds = await stripe.call('refunds.list', paymentIntentId, (sdk) =>
    Array.fromAsync(sdk.refunds.list(filter)),
  );
  const disputes = await stripe.call('disputes.list', paymentIntentId, (sdk) =>
    Array.fromAsync(sdk.disputes.list(filter)),
  );
  const known = await knownFacts(context, paymentIntentId);
  const facts: PaymentFact[] = [];
  // Stripe lists the newest first, and tells whole seconds: what happened in the same one stays in its order.
  for (const refund of refunds.reverse()) facts.push(...(await readFacts(context, refund, paymentIntentId, known)));
  for (const dispute of disputes.reverse()) facts.push(...factsOfDispute(dispute, paymentIntentId, clock.now()));
  await applyFacts(context, paymentIntentId, {
    facts: facts.sort((a, b) => a.at.getTime() - b.at.getTime()),
    failedRefunds: refunds.flatMap((refund) => failedRefundOf(refund) ?? []),
  });
}

/** Those of a refund that are not known yet. */
async function readFacts(
  { stripe }: BillingContext,
  refund: Stripe.Refund,
  paymentIntentId: string,
  known: ReadonlySet<string>,
): Promise<readonly PaymentFact[]> {
  const movementOf = async (reference: Parameters<typeof idOf>[0]) => {
    const id = idOf(reference);
    return id === null || known.has(id) ? null : readMovement(stripe, id);
  };
  const sent = await movementOf(refund.balance_transaction);
  const failed = await movementOf(refund.failure_balance_transaction);
  return factsOfRefund(refund, paymentIntentId, { sent, failed });
}

async function knownFacts({ database }: BillingContext, paymentIntentId: string): Promise<ReadonlySet<string>> {
  const rows = await database.kysely
    .selectFrom('payment_fact')
    .select('id')
    .where('payment_intent_id', '=', paymentIntentId)
    .execute();
  return new Set(rows.map(({ id }) => id));
}
