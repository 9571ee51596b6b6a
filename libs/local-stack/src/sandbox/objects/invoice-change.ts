import { emit } from '../engine/events.ts';
import { refused, StripeFailure } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { collect, finalizeInvoice } from './collect-invoice.ts';
import { requireCustomer } from './customer.ts';
import { type Invoice, invoices, newSubscriptionInvoice } from './invoice.ts';
import { failureOf } from './payment-method.ts';
import { discardPendingUpdate, holdUpdate } from './pending-update.ts';
import type { Subscription } from './subscription.ts';
import { type ItemChange, prorationLines } from './subscription-change.ts';

/** What becomes of a change whose invoice is not paid at once. */
export type PaymentBehavior = 'allow_incomplete' | 'error_if_incomplete' | 'pending_if_incomplete';

/**
 * Changes a subscription's item and bills the difference for the rest of the period at once. If the payment fails,
 * the change stands and the subscription is `past_due`, or the call is refused, or the change waits for the payment.
 */
export function invoiceChange(
  turn: Turn,
  subscription: Subscription,
  change: ItemChange & { behavior: PaymentBehavior },
): void {
  discardPendingUpdate(turn, subscription);
  const invoice = newChangeInvoice(turn, subscription, change);
  turn.store.insert(invoices, invoice, turn.nowSeconds);
  emit(turn, 'invoice.created', invoice);
  subscription.latest_invoice = invoice.id;
  const outcome = finalizeInvoice(turn, invoice) === 'paid' ? 'paid' : collect(turn, invoice);
  if (outcome === 'no_payment_method') {
    throw refused('This customer has no attached payment source or default payment method.', {
      code: 'resource_missing',
    });
  }
  if (outcome !== 'paid' && change.behavior === 'error_if_incomplete') throw new StripeFailure(402, failureOf(outcome));
  if (outcome !== 'paid' && change.behavior === 'pending_if_incomplete') {
    holdUpdate(turn, subscription, change.item);
    return;
  }
  if (outcome !== 'paid') subscription.status = 'past_due';
  subscription.items.data = [change.item];
}

/** The draft that bills a change. */
export function newChangeInvoice(turn: Turn, subscription: Subscription, change: ItemChange): Invoice {
  return newSubscriptionInvoice(turn, {
    customer: requireCustomer(turn, String(subscription.customer), 'customer'),
    subscription,
    reason: 'subscription_update',
    lines: prorationLines(turn, subscription, change),
    period: { start: turn.nowSeconds, end: turn.nowSeconds },
    prorationDate: change.prorationDate,
  });
}
