import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { flag } from '../engine/parameters.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { invoices } from './invoice.ts';
import { hasEnded, requireSubscription, type Subscription, subscriptions } from './subscription.ts';

export const cancelSubscriptionEndpoints = [
  endpoint(
    'DELETE',
    '/v1/subscriptions/:id',
    { invoice_now: flag.optional(), prorate: flag.optional() },
    (turn, _parameters, id) => {
      const subscription = requireSubscription(turn, id);
      if (hasEnded(subscription)) throw missing('subscription', id);
      endSubscription(turn, subscription);
      return subscription;
    },
  ),
];

/** Ends a subscription now. What it still owes is no longer collected by itself, but stays open, as at Stripe. */
export function endSubscription(turn: Turn, subscription: Subscription): void {
  subscription.status = 'canceled';
  subscription.canceled_at ??= turn.nowSeconds;
  subscription.ended_at = turn.nowSeconds;
  subscription.pending_update = null;
  subscription.cancellation_details = {
    comment: null,
    feedback: null,
    feedback_option: null,
    reason: 'cancellation_requested',
  };
  turn.store.replace(subscriptions, subscription);
  for (const status of ['draft', 'open']) {
    for (const invoice of turn.store.list(invoices, { equals: { subscription: subscription.id, status } }, 100)) {
      invoice.auto_advance = false;
      invoice.automatically_finalizes_at = null;
      turn.store.replace(invoices, invoice);
    }
  }
  emit(turn, 'customer.subscription.deleted', subscription);
}
