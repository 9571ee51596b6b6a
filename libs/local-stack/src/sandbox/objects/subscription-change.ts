import { z } from 'zod';
import { mergeMetadata, metadata } from '../engine/metadata.ts';
import { between, listOf, wholeNumber, words } from '../engine/parameters.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { billingMonth, type Period, prorate } from './billing-period.ts';
import type { LineOrder } from './invoice-line.ts';
import { newPrice, planOf, priceData } from './price.ts';
import {
  anchorOf,
  currentPeriod,
  itemOf,
  monthlyCents,
  type Subscription,
  type SubscriptionItem,
} from './subscription.ts';

const changedItems = listOf(
  z.strictObject({
    id: words,
    price_data: priceData.optional(),
    quantity: between(1, 1000).optional(),
    metadata: metadata.optional(),
  }),
);

/** The parameters that change what a subscription costs, alike in an update and in a preview. */
export const itemChanges = {
  items: changedItems.optional(),
  proration_behavior: z.enum(['create_prorations', 'always_invoice', 'none']).optional(),
  proration_date: wholeNumber.optional(),
};

/** The subscription's item as the change would make it; undefined when nothing about it is to change. */
export function changedItem(
  turn: Turn,
  subscription: Subscription,
  items: z.output<typeof changedItems> | undefined,
): SubscriptionItem | undefined {
  if (items === undefined || items.length === 0) return undefined;
  const item = structuredClone(itemOf(subscription));
  for (const change of items) {
    if (change.id !== item.id) throw missing('subscription_item', change.id, 'items[0][id]');
    item.metadata = mergeMetadata(item.metadata, change.metadata);
    item.quantity = change.quantity ?? item.quantity ?? 1;
    if (change.price_data === undefined) continue;
    item.price = newPrice(turn, change.price_data);
    item.plan = planOf(item.price);
  }
  return item;
}

/** Whether a change touches what is billed, so that it has to say how it is prorated. */
export function changesPrice(items: z.output<typeof changedItems> | undefined): boolean {
  return items?.some(({ price_data: price, quantity }) => price !== undefined || quantity !== undefined) === true;
}

/** The instant from which a change is prorated: now, or one given that lies in the current period. */
export function prorationDateOf(turn: Turn, subscription: Subscription, given: number | undefined): number {
  const { start, end } = currentPeriod(subscription);
  const date = given ?? turn.nowSeconds;
  if (date >= start && date < end) return date;
  throw refused('Cannot specify a proration date outside of the current period.', { param: 'proration_date' });
}

/** Gives back what is left of the item as it was, and bills it as it is to be, both to the end of the period. */
export function prorationLines(
  subscription: Subscription,
  changed: SubscriptionItem,
  fromSeconds: number,
): LineOrder[] {
  const item = itemOf(subscription);
  const period: Period = { start: fromSeconds, end: currentPeriod(subscription).end };
  const month = billingMonth(anchorOf(subscription), fromSeconds);
  const unusedCents = prorate(monthlyCents(item), period, month);
  const remainingCents = prorate(monthlyCents(changed), period, month);
  return [
    { item, period, amountCents: -unusedCents, proration: true, change: 'Unused time on' },
    { item: changed, period, amountCents: remainingCents, proration: true, change: 'Remaining time on' },
  ];
}
