import { z } from 'zod';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { mergeMetadata, metadata } from '../engine/metadata.ts';
import { flag } from '../engine/parameters.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { invoiceChange } from './invoice-change.ts';
import { currentPeriod, hasEnded, requireSubscription, type Subscription, subscriptions } from './subscription.ts';
import { changedItem, changesPrice, itemChanges, prorationDateOf } from './subscription-change.ts';

const given = {
  ...itemChanges,
  payment_behavior: z.enum(['allow_incomplete', 'error_if_incomplete', 'pending_if_incomplete']).optional(),
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
    changeItem(turn, subscription, changes);
    changeEnd(turn, subscription, changes);
    subscription.metadata = mergeMetadata(subscription.metadata, changes.metadata);
    turn.store.replace(subscriptions, subscription);
    emit(turn, 'customer.subscription.updated', subscription, { previous: changedFields(before, subscription) });
    return subscription;
  }),
];

/** Without proration nothing is billed now, and the next renewal takes the new price; else the difference is billed. */
function changeItem(turn: Turn, subscription: Subscription, changes: Changes): void {
  const item = changedItem(turn, subscription, changes.items);
  if (item === undefined) return;
  const behavior = changes.payment_behavior ?? 'allow_incomplete';
  if (!changesPrice(changes.items) || changes.proration_behavior === 'none') {
    subscription.items.data = [item];
    return;
  }
  if (changes.proration_behavior !== 'always_invoice') {
    throw refused('The sandbox changes prices with proration_behavior none or always_invoice only.', {
      param: 'proration_behavior',
    });
  }
  if (behavior === 'pending_if_incomplete') refuseUnsupported(changes);
  const prorationDate = prorationDateOf(turn, subscription, changes.proration_date);
  invoiceChange(turn, subscription, { item, prorationDate, behavior });
}

/** What cannot wait for a payment cannot be changed together with what can. */
function refuseUnsupported(changes: Changes): void {
  for (const param of ['cancel_at_period_end', 'cancel_at', 'metadata'] as const) {
    if (changes[param] === undefined) continue;
    throw refused(`${param} cannot be updated when payment_behavior is set to pending_if_incomplete.`, { param });
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
