// E3: another amount from the next month on, and the end at the month's end. Both are one change of the object at Stripe,
// numbered before the call; what Stripe then says it is, is applied.
import { BillingChangeSchema, BillingSubscriptionAnswerSchema, type UserId } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import type Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import { refusalOf } from '../stripe/refusal-of.ts';
import { subscriptionOf } from './read-subscription.ts';
import { priceDataOf } from './subscription.ts';
import { applySubscription, syncSubscription } from './sync-subscription.ts';

const answers = { response: { 200: BillingSubscriptionAnswerSchema, ...problemResponses } };

export function changeSubscription(server: Server, context: BillingContext): void {
  server.patch(
    '/v1/subscription',
    { schema: { body: BillingChangeSchema, ...answers }, config: { access: ['supporter'] } },
    async (request) => {
      const { userId } = identityOf(request);
      const product = await context.productId().catch((error: unknown) => Promise.reject(refusalOf(error)));
      await change(context, userId, (itemId) => ({
        items: [{ id: itemId, price_data: priceDataOf(product, request.body.monthlyCents) }],
        proration_behavior: 'none',
      }));
      return { subscription: await subscriptionOf(context, userId) };
    },
  );
}

export function cancelSubscription(server: Server, context: BillingContext): void {
  server.delete('/v1/subscription', { schema: answers, config: { access: ['supporter'] } }, async (request) => {
    const { userId } = identityOf(request);
    await change(context, userId, () => ({ cancel_at_period_end: true }));
    return { subscription: await subscriptionOf(context, userId) };
  });
}

async function change(
  context: BillingContext,
  userId: UserId,
  changesOf: (itemId: string) => Stripe.SubscriptionUpdateParams,
): Promise<void> {
  const { id, stripeId, itemId, number, version } = await numberChange(context, userId);
  const subscription = await context.stripe
    .call('subscriptions.update', stripeId, (sdk) =>
      sdk.subscriptions.update(stripeId, changesOf(itemId), { idempotencyKey: `subscription-${id}-change-${number}` }),
    )
    .catch((error: unknown) => Promise.reject(refusalOf(error)));
  if ((await applySubscription(context, subscription, version)) === 'stale') await syncSubscription(context, stripeId);
}

/** Gives the change its number, which is its idempotency key. Refuses `no_subscription`. */
function numberChange(context: BillingContext, userId: UserId) {
  return context.database.transaction(async (tx) => {
    const row = await tx
      .updateTable('subscription')
      .set(({ eb }) => ({ change_number: eb('change_number', '+', 1) }))
      .where('user_id', '=', userId)
      .where('state', 'in', ['active', 'past_due'])
      .returningAll()
      .executeTakeFirst();
    if (row === undefined || row.stripe_id === null || row.stripe_item_id === null) {
      throw new Refusal('no_subscription', 'You have no subscription: start one with POST /v1/subscription.');
    }
    return {
      id: row.id,
      stripeId: row.stripe_id,
      itemId: row.stripe_item_id,
      number: row.change_number,
      version: row.version,
    };
  });
}
