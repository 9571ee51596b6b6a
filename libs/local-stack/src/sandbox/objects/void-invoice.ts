import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { type Invoice, invoices, requireInvoice, subscriptionIdOf } from './invoice.ts';
import { defaultPaymentOf, invoicePayments } from './invoice-payment.ts';
import { paymentIntents } from './payment-intent.ts';
import { subscriptions } from './subscription.ts';

export const voidInvoiceEndpoints = [
  endpoint('POST', '/v1/invoices/:id/void', {}, (turn, _parameters, id) => {
    const invoice = requireInvoice(turn, id);
    if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
      throw refused(`You can only pass in open invoices. This invoice isn't open.`, { code: 'invoice_not_editable' });
    }
    voidInvoice(turn, invoice);
    dropPendingUpdate(turn, invoice);
    return invoice;
  }),
];

/** Whoever voids the invoice of a change that waits for it gives up the change. */
function dropPendingUpdate(turn: Turn, invoice: Invoice): void {
  const subscription = turn.store.find(subscriptions, String(subscriptionIdOf(invoice)));
  if (!subscription?.pending_update || subscription.latest_invoice !== invoice.id) return;
  const previous = { pending_update: subscription.pending_update };
  subscription.pending_update = null;
  turn.store.replace(subscriptions, subscription);
  emit(turn, 'customer.subscription.updated', subscription, { previous });
}

/** Gives an open invoice up: it can no longer be paid. Its subscription stays as it is. */
export function voidInvoice(turn: Turn, invoice: Invoice): void {
  invoice.status = 'void';
  invoice.auto_advance = false;
  invoice.status_transitions.voided_at = turn.nowSeconds;
  turn.store.replace(invoices, invoice);
  const payment = defaultPaymentOf(turn, invoice.id);
  const intentId = payment?.payment.payment_intent;
  const intent = intentId === undefined ? undefined : turn.store.find(paymentIntents, intentId);
  if (payment !== undefined && intent !== undefined) {
    payment.status = 'canceled';
    payment.status_transitions.canceled_at = turn.nowSeconds;
    turn.store.replace(invoicePayments, payment);
    intent.status = 'canceled';
    intent.canceled_at = turn.nowSeconds;
    intent.cancellation_reason = 'void_invoice';
    turn.store.replace(paymentIntents, intent);
  }
  emit(turn, 'invoice.voided', invoice);
}
