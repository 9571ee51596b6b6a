import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import { readSettings } from '../engine/settings.ts';
import type { Turn } from '../engine/turn.ts';
import { endSubscription } from './cancel-subscription.ts';
import { type Invoice, invoices, subscriptionIdOf } from './invoice.ts';
import { hasEnded, subscriptions } from './subscription.ts';

/** Plans the next try to collect a renewal; after the last one it is given up, as the settings say. */
export function planRetry(turn: Turn, invoice: Invoice): void {
  const { dunningRetryDays: days } = readSettings(turn.store);
  const day = days[invoice.attempt_count - 1];
  const at = day === undefined ? null : (invoice.status_transitions.finalized_at ?? turn.nowSeconds) + day * 86_400;
  invoice.next_payment_attempt = at;
  turn.store.replace(invoices, invoice);
  if (at === null) giveUp(turn, invoice);
  else schedule(turn, Math.max(at, turn.nowSeconds), 'retry_invoice', invoice.id);
}

function giveUp(turn: Turn, invoice: Invoice): void {
  const { dunningEnd } = readSettings(turn.store);
  if (dunningEnd === 'leave_open') return;
  if (dunningEnd === 'mark_uncollectible') {
    invoice.status = 'uncollectible';
    invoice.auto_advance = false;
    invoice.status_transitions.marked_uncollectible_at = turn.nowSeconds;
    turn.store.replace(invoices, invoice);
    emit(turn, 'invoice.marked_uncollectible', invoice);
    return;
  }
  const subscription = turn.store.find(subscriptions, String(subscriptionIdOf(invoice)));
  if (subscription !== undefined && !hasEnded(subscription)) endSubscription(turn, subscription);
}
