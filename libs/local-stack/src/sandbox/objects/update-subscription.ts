import { z } from 'zod';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { mergeMetadata, metadata } from '../engine/metadata.ts';
import { between, flag, listOf, words } from '../engine/parameters.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { newPrice, planOf, priceData } from './price.ts';
import {
  currentPeriod,
  hasEnded,
  itemOf,
  requireSubscription,
  type Subscription,
  subscriptions,
} from './subscription.ts';

const given = {
  items: listOf(
    z.strictObject({
      id: words,
      price_data: priceData.optional(),
      quantity: between(1, 1000).optional(),
      metadata: metadata.optional(),
    }),
  ).optional(),
  proration_behavior: z.enum(['create_prorations', 'always_invoice', 'none']).optional(),
  cancel_at_period_end: flag.optional(),
  cancel_at: z.literal('').optional(),
  metadata: metadata.optional(),
};

type Changes = ParametersOf<typeof given>;

export const updateSubscriptionEndpoints = [
  endpoint('POST', '/v1/subscriptions/:id', given, (turn, changes, id) => {
    const subscription = requireSubscription(turn, id);
    if (hasEnded(subscription)) {
      throw refused('A canceled subscription can only update its cancellation_details and metadata.');
    }
    const before = structuredClone(subscription);
    changePrice(turn, subscription, changes);
    changeEnd(turn, subscription, changes);
    subscription.metadata = mergeMetadata(subscription.metadata, changes.metadata);
    turn.store.replace(subscriptions, subscription);
    emit(turn, 'customer.subscription.updated', subscription, { previous: changedFields(before, subscription) });
    return subscription;
  }),
];

/** A new price without proration: nothing is billed now, the next renewal takes it. */
function changePrice(turn: Turn, subscription: Subscription, { items, proration_behavior: prorations }: Changes): void {
  for (const change of items ?? []) {
    const item = itemOf(subscription);
    if (change.id !== item.id) throw missing('subscription_item', change.id, 'items[0][id]');
    item.metadata = mergeMetadata(item.metadata, change.metadata);
    if (change.price_data === undefined && change.quantity === undefined) continue;
    if (prorations !== 'none') {
      throw refused('The sandbox changes prices with proration_behavior none only.', { param: 'proration_behavior' });
    }
    item.quantity = change.quantity ?? item.quantity ?? 1;
    if (change.price_data === undefined) continue;
    item.price = newPrice(turn, change.price_data);
    item.plan = planOf(item.price);
  }
}

function changeEnd(turn: Turn, subscription: Subscription, changes: Changes): void {
  const wished = changes.cancel_at === '' ? false : changes.cancel_at_period_end;
  if (wished === undefined || wished === subscription.cancel_at_period_end) return;
  subscription.cancel_at_period_end = wished;
  subscription.cancel_at = wished ? currentPeriod(subscription).end : null;
  subscription.canceled_at = wished ? turn.nowSeconds : null;
}

/** The former values of the fields that changed, as `previous_attributes` tells them. */
function changedFields(before: Subscription, after: Subscription): object {
  const now = new Map<string, unknown>(Object.entries(after));
  return Object.fromEntries(
    Object.entries(before).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now.get(name))),
  );
}
