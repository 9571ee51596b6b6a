import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import type { Turn } from '../engine/turn.ts';
import { invoices } from './invoice.ts';
import { currentPeriod, type Subscription, type SubscriptionItem, subscriptions } from './subscription.ts';
import { voidInvoice } from './void-invoice.ts';

/** A change waits for its payment for 23 hours, and never beyond the period that it bills. */
const patienceSeconds = 23 * 3600;

/** Keeps a change until the subscription's latest invoice, which bills it, is paid. The subscription stays as it is. */
export function holdUpdate(turn: Turn, subscription: Subscription, item: SubscriptionItem): void {
  const expiresAt = Math.min(turn.nowSeconds + patienceSeconds, currentPeriod(subscription).end);
  subscription.pending_update = {
    billing_cycle_anchor: null,
    cancel_at_period_end: null,
    discount: null,
    discounts: null,
    expires_at: expiresAt,
    metadata: null,
    subscription_items: [item],
    trial_end: null,
    trial_from_plan: null,
  };
  schedule(turn, expiresAt, 'expire_pending_update', subscription.id);
}

/** Whether an invoice bills a change that waits. */
export function billsPendingUpdate(subscription: Subscription, invoiceId: string): boolean {
  return subscription.pending_update !== null && subscription.latest_invoice === invoiceId;
}

/** The invoice has been paid: the subscription changes as it was to. */
export function applyPendingUpdate(turn: Turn, subscription: Subscription): void {
  const { pending_update: update, items } = subscription;
  const previous = { items: structuredClone(items), pending_update: update };
  items.data = update?.subscription_items ?? items.data;
  subscription.pending_update = null;
  turn.store.replace(subscriptions, subscription);
  emit(turn, 'customer.subscription.updated', subscription, { previous });
  emit(turn, 'customer.subscription.pending_update_applied', subscription);
}

/** Due step: a change that was not paid in time is given up, with its invoice. */
export function expirePendingUpdate(turn: Turn, id: string): void {
  const subscription = turn.store.find(subscriptions, id);
  const update = subscription?.pending_update;
  if (subscription === undefined || !update || update.expires_at > turn.nowSeconds) return;
  discardPendingUpdate(turn, subscription);
  turn.store.replace(subscriptions, subscription);
  emit(turn, 'customer.subscription.updated', subscription, { previous: { pending_update: update } });
  emit(turn, 'customer.subscription.pending_update_expired', subscription);
}

/** Drops a change that waits, and voids its invoice. The caller keeps the subscription. */
export function discardPendingUpdate(turn: Turn, subscription: Subscription): void {
  if (subscription.pending_update === null) return;
  subscription.pending_update = null;
  const invoice = turn.store.find(invoices, String(subscription.latest_invoice));
  if (invoice?.status === 'open') voidInvoice(turn, invoice);
}
