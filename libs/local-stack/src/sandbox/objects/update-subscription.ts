import { z } from 'zod';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { mergeMetadata, metadata } from '../engine/metadata.ts';
import { flag, wholeNumber, words } from '../engine/parameters.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { requireCustomer } from './customer.ts';
import { invoiceChange } from './invoice-change.ts';
import { requireCard } from './payment-method.ts';
import { currentPeriod, hasEnded, requireSubscription, type Subscription, subscriptions } from './subscription.ts';
import { changedItem, changesPrice, itemChanges, prorationDateOf } from './subscription-change.ts';

const given = {
  ...itemChanges,
  payment_behavior: z.enum(['allow_incomplete', 'error_if_incomplete', 'pending_if_incomplete']).optional(),
  cancel_at_period_end: flag.optional(),
  cancel_at: z.union([z.literal(''), wholeNumber]).optional(),
  default_payment_method: z.union([z.literal(''), words]).optional(),
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
    changeCard(turn, subscription, changes.default_payment_method);
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
  for (const param of ['cancel_at_period_end', 'cancel_at', 'default_payment_method', 'metadata'] as const) {
    if (changes[param] === undefined) continue;
    throw refused(`${param} cannot be updated when payment_behavior is set to pending_if_incomplete.`, { param });
  }
}

/** At the end of the period, by flag or, as the portal does it, by instant; an empty instant undoes either. */
function changeEnd(turn: Turn, subscription: Subscription, changes: Changes): void {
  const { cancel_at: instant, cancel_at_period_end: flagged } = changes;
  const { end } = currentPeriod(subscription);
  if (instant !== undefined && flagged !== undefined) {
    throw refused('You may only specify one of these parameters: cancel_at, cancel_at_period_end.');
  }
  if (typeof instant === 'number' && instant !== end) {
    throw refused('The sandbox cancels at the end of the current period only.', { param: 'cancel_at' });
  }
  const wished = instant === '' ? false : (flagged ?? subscription.cancel_at_period_end);
  if (instant === undefined && wished === subscription.cancel_at_period_end) return;
  const ending = wished || typeof instant === 'number';
  subscription.cancel_at_period_end = wished;
  subscription.cancel_at = ending ? end : null;
  subscription.canceled_at = ending ? turn.nowSeconds : null;
}

/** An empty card leaves the subscription to its customer's. */
function changeCard(turn: Turn, subscription: Subscription, card: string | undefined): void {
  if (card === undefined) return;
  const customer = requireCustomer(turn, String(subscription.customer), 'customer');
  if (card !== '') requireCard(turn, card, customer);
  subscription.default_payment_method = card || null;
}

/** The former values of the fields that changed, as `previous_attributes` tells them. */
function changedFields(before: Subscription, after: Subscription): object {
  const now = new Map<string, unknown>(Object.entries(after));
  return Object.fromEntries(
    Object.entries(before).filter(([name, value]) => JSON.stringify(value) !== JSON.stringify(now.get(name))),
  );
}
