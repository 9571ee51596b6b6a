import { z } from 'zod';
import { mergeMetadata, metadata } from '../engine/metadata.ts';
import { between, listOf, wholeNumber, words } from '../engine/parameters.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { billingMonth, type Period, prorate } from './billing-period.ts';
import { invoices } from './invoice.ts';
import type { InvoiceLine, LineOrder } from './invoice-line.ts';
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

/** A subscription's item as it is to be, and from when on. */
export interface ItemChange {
  readonly item: SubscriptionItem;
  readonly prorationDate: number;
}

/** More than a subscription has in one period. */
const manyInvoices = 1000;

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

/**
 * Gives back what is left of what was last billed for the period, and bills the item as it is to be, both to the end of
 * the period. As in Stripe's flexible billing mode the credit follows what was debited, not the price of the moment:
 * where nothing was billed, nothing is given back.
 */
export function prorationLines(
  turn: Turn,
  subscription: Subscription,
  { item, prorationDate }: ItemChange,
): LineOrder[] {
  const period: Period = { start: prorationDate, end: currentPeriod(subscription).end };
  const month = billingMonth(anchorOf(subscription), prorationDate);
  const remainingCents = prorate(monthlyCents(item), period, month);
  const remaining: LineOrder = {
    item,
    period,
    amountCents: remainingCents,
    proration: true,
    change: 'Remaining time on',
  };
  const debit = lastDebit(turn, subscription);
  if (debit === undefined) return [remaining];
  const unused = { start: Math.max(prorationDate, debit.period.start), end: period.end };
  return [
    {
      item: itemOf(subscription),
      period: unused,
      amountCents: -prorate(debit.amount, unused, debit.period),
      proration: true,
      change: 'Unused time on',
      credits: debit,
    },
    remaining,
  ];
}

/** The line that last billed the current period. */
function lastDebit(turn: Turn, subscription: Subscription): InvoiceLine | undefined {
  const { end } = currentPeriod(subscription);
  return turn.store
    .list(invoices, { equals: { subscription: subscription.id } }, manyInvoices)
    .filter(({ status }) => status !== 'void')
    .flatMap(({ lines }) => lines.data.toReversed())
    .find(({ amount, period }) => amount > 0 && period.end === end);
}
