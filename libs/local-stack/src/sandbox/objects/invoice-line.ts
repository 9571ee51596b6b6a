import type Stripe from 'stripe';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import type { Period } from './billing-period.ts';
import type { Subscription, SubscriptionItem } from './subscription.ts';

export type InvoiceLine = Stored<Stripe.InvoiceLineItem>;

/** What a line of a subscription's invoice bills: an item for a period, as a whole or in part. */
export interface LineOrder {
  readonly item: SubscriptionItem;
  readonly period: Period;
  /** Below zero for what is given back. */
  readonly amountCents: number;
  readonly proration: boolean;
  /** What a change adds to the ordinary description. */
  readonly change?: 'Unused time on' | 'Remaining time on';
  /** The line that this one gives back in part. */
  readonly credits?: InvoiceLine;
}

export function newLine(invoiceId: string, subscription: Subscription, order: LineOrder): InvoiceLine {
  const { item, amountCents, change, credits } = order;
  const { price } = item;
  const quantity = item.quantity ?? 1;
  const billed = `${quantity} × ${price.product} (at $${((price.unit_amount ?? 0) / 100).toFixed(2)} / month)`;
  return {
    id: newId('il'),
    object: 'line_item',
    amount: amountCents,
    currency: price.currency,
    description: change === undefined ? billed : `${change} ${billed}`,
    discount_amounts: [],
    discountable: change === undefined,
    discounts: [],
    invoice: invoiceId,
    livemode: false,
    metadata: subscription.metadata,
    parent: {
      invoice_item_details: null,
      subscription_item_details: {
        // At Stripe a change becomes invoice items, which the invoice then takes up.
        invoice_item: change === undefined ? null : newId('ii'),
        proration: order.proration,
        proration_details: {
          credited_items:
            credits === undefined ? null : { invoice: String(credits.invoice), invoice_line_items: [credits.id] },
        },
        subscription: subscription.id,
        subscription_item: item.id,
      },
      type: 'subscription_item_details',
    },
    period: order.period,
    pretax_credit_amounts: [],
    pricing: {
      price_details: { price: price.id, product: price.product },
      type: 'price_details',
      unit_amount_decimal: price.unit_amount_decimal,
    },
    quantity,
    quantity_decimal: String(quantity),
    subscription: subscription.id,
    subtotal: amountCents,
    taxes: [],
  };
}
