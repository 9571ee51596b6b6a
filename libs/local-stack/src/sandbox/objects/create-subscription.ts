import { schedule } from '../engine/due-work.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { refused, StripeFailure } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { billingMonth, prorate } from './billing-period.ts';
import { collect, finalizeInvoice } from './collect-invoice.ts';
import { type Customer, requireCustomer } from './customer.ts';
import { invoices, newSubscriptionInvoice } from './invoice.ts';
import { newSubscription } from './new-subscription.ts';
import { failureOf, requireCard } from './payment-method.ts';
import { newPrice } from './price.ts';
import { anchorOf, currentPeriod, itemOf, monthlyCents, type Subscription, subscriptions } from './subscription.ts';
import { type SubscriptionOrder, subscriptionOrder } from './subscription-order.ts';

/** An incomplete subscription that is not paid within 23 hours expires. */
const incompleteSeconds = 23 * 3600;

export const createSubscriptionEndpoints = [
  endpoint('POST', '/v1/subscriptions', subscriptionOrder, (turn, order) => createSubscription(turn, order)),
];

/**
 * Creates a subscription and, unless its first part is free, bills and collects the first period at once.
 * `isAuthenticated`: the card's holder is at hand.
 */
export function createSubscription(
  turn: Turn,
  order: SubscriptionOrder,
  { isAuthenticated }: { isAuthenticated: boolean } = { isAuthenticated: false },
): Subscription {
  const customer = requireCustomer(turn, order.customer, 'customer');
  if (order.default_payment_method !== undefined) requireCard(turn, order.default_payment_method, customer);
  const [ordered] = order.items;
  if (ordered === undefined) throw refused('You must supply an item.', { param: 'items' });
  const subscription = newSubscription(turn, order, newPrice(turn, ordered.price_data), ordered.quantity ?? 1);
  turn.store.insert(subscriptions, subscription, turn.nowSeconds);
  const outcome = billFirstPeriod(turn, subscription, customer, { ...order, isAuthenticated });
  subscription.status = outcome === 'unpaid' ? 'incomplete' : 'active';
  turn.store.replace(subscriptions, subscription);
  if (outcome === 'unpaid') schedule(turn, turn.nowSeconds + incompleteSeconds, 'expire_subscription', subscription.id);
  else schedule(turn, currentPeriod(subscription).end, 'renew_subscription', subscription.id);
  emit(turn, 'customer.subscription.created', subscription);
  return subscription;
}

function billFirstPeriod(
  turn: Turn,
  subscription: Subscription,
  customer: Customer,
  {
    proration_behavior: prorations,
    payment_behavior: behaviour = 'allow_incomplete',
    isAuthenticated,
  }: SubscriptionOrder & { isAuthenticated: boolean },
): 'settled' | 'unpaid' {
  const period = currentPeriod(subscription);
  const month = billingMonth(anchorOf(subscription), period.start);
  const partial = period.start !== month.start;
  if (partial && prorations === 'none') return 'settled';
  const item = itemOf(subscription);
  const wholeCents = monthlyCents(item);
  const invoice = newSubscriptionInvoice(turn, {
    customer,
    subscription,
    reason: 'subscription_create',
    lines: [
      { item, period, amountCents: partial ? prorate(wholeCents, period, month) : wholeCents, proration: partial },
    ],
    period: { start: turn.nowSeconds, end: turn.nowSeconds },
  });
  turn.store.insert(invoices, invoice, turn.nowSeconds);
  emit(turn, 'invoice.created', invoice);
  subscription.latest_invoice = invoice.id;
  if (finalizeInvoice(turn, invoice) === 'paid') return 'settled';
  if (behaviour === 'default_incomplete') return 'unpaid';
  const outcome = collect(turn, invoice, isAuthenticated ? { holder: 'authenticates' } : {});
  if (outcome === 'no_payment_method') {
    throw refused('This customer has no attached payment source or default payment method.', {
      code: 'resource_missing',
    });
  }
  if (outcome !== 'paid' && behaviour === 'error_if_incomplete') throw new StripeFailure(402, failureOf(outcome));
  return outcome === 'paid' ? 'settled' : 'unpaid';
}
