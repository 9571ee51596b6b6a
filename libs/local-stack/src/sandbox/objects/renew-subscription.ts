import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import type { Turn } from '../engine/turn.ts';
import { billingMonth } from './billing-period.ts';
import { endSubscription } from './cancel-subscription.ts';
import { requireCustomer } from './customer.ts';
import { invoices, newSubscriptionInvoice } from './invoice.ts';
import { anchorOf, currentPeriod, hasEnded, itemOf, monthlyCents, subscriptions } from './subscription.ts';
import { voidInvoice } from './void-invoice.ts';

/**
 * Due step: a period has ended. The subscription ends with it if that was wished; else its next period begins, with a
 * draft invoice that is finalized an hour later. A `past_due` one renews too.
 */
export function renewSubscription(turn: Turn, id: string): void {
  const subscription = turn.store.find(subscriptions, id);
  if (subscription === undefined || hasEnded(subscription) || subscription.status === 'incomplete') return;
  const ended = currentPeriod(subscription);
  if (ended.end > turn.nowSeconds) return;
  if (subscription.cancel_at !== null && subscription.cancel_at <= ended.end) {
    endSubscription(turn, subscription);
    return;
  }
  const next = billingMonth(anchorOf(subscription), ended.end);
  const item = itemOf(subscription);
  item.current_period_start = next.start;
  item.current_period_end = next.end;
  const invoice = newSubscriptionInvoice(turn, {
    customer: requireCustomer(turn, String(subscription.customer), 'customer'),
    subscription,
    reason: 'subscription_cycle',
    lines: [{ item, period: next, amountCents: monthlyCents(item), proration: false }],
    period: ended,
  });
  const previous = { latest_invoice: subscription.latest_invoice };
  subscription.latest_invoice = invoice.id;
  turn.store.insert(invoices, invoice, turn.nowSeconds);
  turn.store.replace(subscriptions, subscription);
  schedule(turn, next.end, 'renew_subscription', id);
  schedule(turn, invoice.automatically_finalizes_at ?? turn.nowSeconds, 'finalize_invoice', invoice.id);
  emit(turn, 'invoice.created', invoice);
  emit(turn, 'customer.subscription.updated', subscription, { previous });
}

/** Due step: a subscription whose first invoice was not paid in time is over. */
export function expireSubscription(turn: Turn, id: string): void {
  const subscription = turn.store.find(subscriptions, id);
  if (subscription?.status !== 'incomplete') return;
  subscription.status = 'incomplete_expired';
  subscription.ended_at = turn.nowSeconds;
  turn.store.replace(subscriptions, subscription);
  for (const invoice of turn.store.list(invoices, { equals: { subscription: id, status: 'open' } }, 100)) {
    voidInvoice(turn, invoice);
  }
  emit(turn, 'customer.subscription.updated', subscription, { previous: { status: 'incomplete' } });
}
