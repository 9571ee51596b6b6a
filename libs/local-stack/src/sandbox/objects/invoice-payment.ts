import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { listPage } from '../engine/lists.ts';
import { newId } from '../engine/object-ids.ts';
import { createdRange, page, words } from '../engine/parameters.ts';
import type { Store } from '../engine/store.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';

export type InvoicePayment = Stored<Stripe.InvoicePayment>;

export const invoicePayments = defineCollection<InvoicePayment>('invoice_payment', {
  invoice: ({ invoice }) => invoice,
  payment_intent: ({ payment }) => payment.payment_intent,
  status: ({ status }) => status,
});

export const invoicePaymentEndpoints = [
  endpoint(
    'GET',
    '/v1/invoice_payments',
    {
      ...page,
      created: createdRange.optional(),
      invoice: words.optional(),
      payment: z.strictObject({ type: z.literal('payment_intent'), payment_intent: words.optional() }).optional(),
      status: z.enum(['canceled', 'open', 'paid']).optional(),
    },
    (turn, { created, invoice, payment, status, ...ofPage }) =>
      listPage(turn.store, invoicePayments, {
        url: '/v1/invoice_payments',
        filter: { equals: { invoice, payment_intent: payment?.payment_intent, status }, created },
        page: ofPage,
      }),
  ),
];

/** The payments of an invoice, as `expand: ['payments']` includes them. */
export function paymentsOf(store: Store, invoiceId: string) {
  return listPage(store, invoicePayments, {
    url: '/v1/invoice_payments',
    filter: { equals: { invoice: invoiceId } },
    page: {},
  });
}

/** The one payment that an invoice of ours has: the sandbox knows no partial payments. */
export function defaultPaymentOf(turn: Turn, invoiceId: string): InvoicePayment | undefined {
  return turn.store.list(invoicePayments, { equals: { invoice: invoiceId } }, 1)[0];
}

export function newInvoicePayment(
  turn: Turn,
  given: { invoiceId: string; paymentIntentId: string; amountCents: number; currency: string },
): InvoicePayment {
  return {
    id: newId('inpay'),
    object: 'invoice_payment',
    amount_paid: null,
    amount_requested: given.amountCents,
    created: turn.nowSeconds,
    currency: given.currency,
    invoice: given.invoiceId,
    is_default: true,
    livemode: false,
    payment: { payment_intent: given.paymentIntentId, type: 'payment_intent' },
    status: 'open',
    status_transitions: { canceled_at: null, paid_at: null },
  };
}
