import { type BillingRefundOrderRecord, BillingRefundOrdersSchema } from '@wewrite/contracts';
import { z } from 'zod';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { Part } from './part.ts';
import { promised } from './promise.ts';
import { admin, person, type Scene } from './scene.ts';
import { customersAtStripe } from './stripe-facts.ts';

/** What the platform's support does about subscriptions and refunds, at its own desk and in Stripe's dashboard. */

const SubscriptionsSchema = z.array(z.object({ id: z.string(), customer: z.string(), status: z.string() }));

/** A subscription is removed in the dashboard: it ends at once. That it has is read at Stripe afterwards. */
export const removeSubscription: Part = async (scene, chance, userId) => {
  const customers = await customersAtStripe(scene.stage);
  const subscriptions = SubscriptionsSchema.parse(await scene.stage.heldAtStripe('subscription'));
  const live = subscriptions.filter(
    ({ customer, status }) => customers.get(customer) === userId && (status === 'active' || status === 'past_due'),
  );
  if (live.length === 0) return false;
  await scene.stage.stripe.subscriptions.cancel(chance.pick(live).id, { invoice_now: false, prorate: false });
  if (chance.percent(40)) await changeRemoved(scene, userId);
  return true;
};

const DisputesSchema = z.array(z.object({ payment_intent: z.string() }));
const DisputeSchema = z.object({ id: z.string() });

/** The bank has given the supporter the money back by itself: nothing is left to refund. */
async function takeBackByBank(scene: Scene, { paymentId, cents }: { paymentId: string; cents: number }): Promise<void> {
  const disputes = DisputesSchema.parse(await scene.stage.heldAtStripe('dispute'));
  if (disputes.some((dispute) => dispute.payment_intent === paymentId)) return;
  const order = { payment_intent: paymentId, amount: cents };
  const { id } = DisputeSchema.parse(await scene.stage.orderAtStripe('/_sandbox/disputes', order));
  await scene.stage.orderAtStripe(`/_sandbox/disputes/${id}`, { evidence: 'losing_evidence' });
  await scene.settle();
}

/** Whoever does not know yet that the subscription has ended cannot change it any more. */
async function changeRemoved(scene: Scene, userId: string): Promise<void> {
  const body = { monthlyCents: 5_000, from: 'next_month' };
  const answered = await scene.ask({ as: person(userId), method: 'PATCH', path: '/v1/subscription', body });
  promised(answered.outcome === 'refused', 'E2: a subscription that Stripe has ended is not changed.');
}

const InvoicesSchema = z.array(z.object({ id: z.string(), status: z.string() }));

/** Stripe cannot finalize a renewal: it stays a draft, and nobody is asked to pay it. */
export const failFinalization: Part = async (scene, chance) => {
  const invoices = InvoicesSchema.parse(await scene.stage.heldAtStripe('invoice'));
  const drafts = invoices.filter(({ status }) => status === 'draft');
  if (drafts.length === 0) return false;
  const { id } = chance.pick(drafts);
  await scene.stage.orderAtStripe(`/_sandbox/invoices/${id}`, { scene: 'fail_finalization' });
  return true;
};

/** A refund that came back is ordered once more; at times one that is under way or was made, which is refused. */
export const retryRefund: Part = async (scene, chance) => {
  const { refundOrders } = await scene.read(admin, '/v1/refund-orders', BillingRefundOrdersSchema);
  const refused = refundOrders.filter(({ state }) => state === 'refused');
  const chosen: readonly BillingRefundOrderRecord[] = refused.length > 0 && chance.percent(80) ? refused : refundOrders;
  if (chosen.length === 0) return false;
  const { refundOrderId, userId, paymentIntentId: paymentId, reason, amountCents: cents, state } = chance.pick(chosen);
  if (userId === null) return false;
  const isLeft = reason === 'paid_late' && state === 'refused';
  if (isLeft && chance.percent(60)) await takeBackByBank(scene, { paymentId, cents });
  const path = `${pathOf('refund-orders', refundOrderId)}/retry`;
  const answered = await scene.ask({ as: admin, method: 'POST', path, body: {} });
  scene.record({ kind: 'refund_retried', userId, paymentId, reason, cents }, answered);
  return true;
};
