import { z } from 'zod';
import { endpoint } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import { words } from '../engine/parameters.ts';
import { missing, refused, StripeFailure } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { billingMonth } from './billing-period.ts';
import { requireCustomer } from './customer.ts';
import { type Invoice, newSubscriptionInvoice } from './invoice.ts';
import { newChangeInvoice } from './invoice-change.ts';
import {
  anchorOf,
  currentPeriod,
  hasEnded,
  itemOf,
  monthlyCents,
  type Subscription,
  type SubscriptionItem,
  subscriptions,
} from './subscription.ts';
import { changedItem, changesPrice, itemChanges, prorationDateOf } from './subscription-change.ts';

/** What an invoice would be, without making it: of a change that is invoiced at once, else of the next renewal. */
export const previewInvoiceEndpoints = [
  endpoint(
    'POST',
    '/v1/invoices/create_preview',
    { customer: words.optional(), subscription: words, subscription_details: z.strictObject(itemChanges).optional() },
    (turn, { customer, subscription: id, subscription_details: details = {} }) => {
      const subscription = turn.store.find(subscriptions, id);
      if (subscription === undefined) throw missing('subscription', id, 'subscription');
      if (customer !== undefined && customer !== subscription.customer) {
        throw refused(`The subscription ${id} is not one of customer ${customer}.`, { param: 'customer' });
      }
      const item = changedItem(turn, subscription, details.items) ?? itemOf(subscription);
      if (!changesPrice(details.items) || details.proration_behavior === 'none') {
        return asPreview(renewalOf(turn, subscription, item));
      }
      if (details.proration_behavior !== 'always_invoice') {
        throw refused('The sandbox previews changes with proration_behavior none or always_invoice only.', {
          param: 'subscription_details[proration_behavior]',
        });
      }
      const prorationDate = prorationDateOf(turn, subscription, details.proration_date);
      return asPreview(newChangeInvoice(turn, subscription, { item, prorationDate }));
    },
  ),
];

function renewalOf(turn: Turn, subscription: Subscription, item: SubscriptionItem): Invoice {
  if (hasEnded(subscription) || subscription.cancel_at !== null) {
    throw new StripeFailure(404, {
      type: 'invalid_request_error',
      code: 'invoice_upcoming_none',
      message: `No upcoming invoices for subscription: ${subscription.id}`,
    });
  }
  const ending = currentPeriod(subscription);
  const period = billingMonth(anchorOf(subscription), ending.end);
  return newSubscriptionInvoice(turn, {
    customer: requireCustomer(turn, String(subscription.customer), 'customer'),
    subscription,
    reason: 'subscription_cycle',
    lines: [{ item, period, amountCents: monthlyCents(item), proration: false }],
    period: ending,
  });
}

/** A preview's amounts take up what the customer owes or has to their credit; it has an id of no invoice. */
function asPreview(invoice: Invoice): Invoice {
  const id = newId('upcoming_in');
  const dueCents = Math.max(invoice.total + invoice.starting_balance, 0);
  const lines = invoice.lines.data.map((line) => ({ ...line, invoice: id }));
  return {
    ...invoice,
    id,
    amount_due: dueCents,
    amount_remaining: dueCents,
    auto_advance: false,
    automatically_finalizes_at: null,
    billing_reason: invoice.billing_reason === 'subscription_cycle' ? 'upcoming' : invoice.billing_reason,
    lines: { ...invoice.lines, data: lines, url: `/v1/invoices/${id}/lines` },
  };
}
