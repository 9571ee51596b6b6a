import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import type { Turn } from '../engine/turn.ts';
import { type Invoice, invoices, subscriptionIdOf } from './invoice.ts';
import { applyPendingUpdate, billsPendingUpdate } from './pending-update.ts';
import { currentPeriod, hasEnded, type Subscription, subscriptions } from './subscription.ts';

/** More than a subscription has in any run. */
const mostInvoices = 1_000;

/** What came of trying to collect an invoice. */
export type CollectionOutcome = 'paid' | 'declined' | 'action_required' | 'no_payment_method';

/**
 * What an attempt to collect an invoice means for its subscription: a failure makes it `past_due`, across months, until
 * that invoice or a later one is paid and no later one is open; the first invoice's payment starts it; a change that waits
 * touches nothing until it is paid. Voiding settles nothing.
 */
export function settleSubscription(turn: Turn, invoice: Invoice, outcome: CollectionOutcome): void {
  const id = subscriptionIdOf(invoice);
  const subscription = id === undefined ? undefined : turn.store.find(subscriptions, id);
  if (subscription === undefined || hasEnded(subscription)) return;
  if (billsPendingUpdate(subscription, invoice.id)) {
    if (outcome === 'paid') applyPendingUpdate(turn, subscription);
    return;
  }
  const status = (outcome === 'paid' ? statusAfterPayment : statusAfterFailure)(turn, subscription, invoice);
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

/** Of the last invoice that was made final depends whether a subscription is paid, however many earlier ones are open. */
function statusAfterPayment(turn: Turn, subscription: Subscription, paid: Invoice): Subscription['status'] {
  return subscription.status === 'past_due' && hasLater(turn, paid, 'open') ? 'past_due' : 'active';
}

function statusAfterFailure(turn: Turn, subscription: Subscription, failed: Invoice): Subscription['status'] {
  if (subscription.status === 'incomplete') return 'incomplete';
  return hasLater(turn, failed, 'paid') ? subscription.status : 'past_due';
}

function hasLater({ store }: Turn, invoice: Invoice, status: 'open' | 'paid'): boolean {
  const equals = { subscription: subscriptionIdOf(invoice), status };
  return store.list(invoices, { equals }, mostInvoices).some(({ created }) => created > invoice.created);
}
