import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import type { Turn } from '../engine/turn.ts';
import { type Invoice, invoices, subscriptionIdOf } from './invoice.ts';
import { applyPendingUpdate, billsPendingUpdate } from './pending-update.ts';
import { currentPeriod, hasEnded, type Subscription, subscriptions } from './subscription.ts';

/** What came of trying to collect an invoice. */
export type CollectionOutcome = 'paid' | 'declined' | 'action_required' | 'no_payment_method';

/**
 * What an attempt to collect an invoice means for its subscription: a failure makes it `past_due`, across months, until
 * no invoice is open any more; the first invoice's payment starts it; a change that waits touches nothing until it is
 * paid. Voiding settles nothing.
 */
export function settleSubscription(turn: Turn, invoice: Invoice, outcome: CollectionOutcome): void {
  const id = subscriptionIdOf(invoice);
  const subscription = id === undefined ? undefined : turn.store.find(subscriptions, id);
  if (subscription === undefined || hasEnded(subscription)) return;
  if (billsPendingUpdate(subscription, invoice.id)) {
    if (outcome === 'paid') applyPendingUpdate(turn, subscription);
    return;
  }
  const status = outcome === 'paid' ? statusAfterPayment(turn, subscription) : statusAfterFailure(subscription);
  if (status === subscription.status) return;
  const previous = { status: subscription.status };
  // An incomplete subscription is not renewed; one that starts late may already be due.
  if (subscription.status === 'incomplete') {
    schedule(turn, Math.max(currentPeriod(subscription).end, turn.nowSeconds), 'renew_subscription', subscription.id);
  }
  subscription.status = status;
  turn.store.replace(subscriptions, subscription);
  emit(turn, 'customer.subscription.updated', subscription, { previous });
}

function statusAfterPayment(turn: Turn, subscription: Subscription): Subscription['status'] {
  if (subscription.status !== 'past_due') return 'active';
  const open = turn.store.list(invoices, { equals: { subscription: subscription.id, status: 'open' } }, 1);
  return open.length === 0 ? 'active' : 'past_due';
}

function statusAfterFailure(subscription: Subscription): Subscription['status'] {
  return subscription.status === 'incomplete' ? 'incomplete' : 'past_due';
}
