import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { listPage, listWithin } from '../engine/lists.ts';
import { newId } from '../engine/object-ids.ts';
import { createdRange, page, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import type { Period } from './billing-period.ts';
import type { Customer } from './customer.ts';
import { type LineOrder, newLine } from './invoice-line.ts';
import type { Subscription } from './subscription.ts';

export type Invoice = Stored<Stripe.Invoice>;

export const invoices = defineCollection<Invoice>('invoice', {
  customer: ({ customer }) => customer,
  subscription: (invoice) => subscriptionIdOf(invoice),
  status: ({ status }) => status,
});

/** Stripe leaves a renewal's invoice a draft for about an hour. */
export const draftSeconds = 3600;

export const invoiceEndpoints = [
  endpoint(
    'GET',
    '/v1/invoices',
    {
      ...page,
      created: createdRange.optional(),
      customer: words.optional(),
      status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']).optional(),
      subscription: words.optional(),
    },
    (turn, { created, customer, status, subscription, ...ofPage }) =>
      listPage(turn.store, invoices, {
        url: '/v1/invoices',
        filter: { equals: { customer, status, subscription }, created },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/invoices/:id', {}, (turn, _parameters, id) => requireInvoice(turn, id)),
  endpoint('GET', '/v1/invoices/:id/lines', page, (turn, ofPage, id) =>
    listWithin(requireInvoice(turn, id).lines.data, `/v1/invoices/${id}/lines`, ofPage),
  ),
];

export function requireInvoice(turn: Turn, id: string): Invoice {
  const invoice = turn.store.find(invoices, id);
  if (invoice === undefined) throw missing('invoice', id);
  return invoice;
}

/** The subscription that an invoice is for. */
export function subscriptionIdOf(invoice: Invoice): string | undefined {
  return invoice.parent?.subscription_details?.subscription;
}

/** What an invoice of a subscription is for. */
export interface InvoiceOrder {
  readonly customer: Customer;
  readonly subscription: Subscription;
  readonly reason: 'subscription_create' | 'subscription_cycle' | 'subscription_update';
  readonly lines: readonly LineOrder[];
  /** The usage period that the invoice closes, in Stripe's sense; for one between renewals, its own instant. */
  readonly period: Period;
  /** The instant from which a change is prorated. */
  readonly prorationDate?: number;
}

/** A draft. A renewal's finalizes itself, the others are finalized by who makes them. */
export function newSubscriptionInvoice(turn: Turn, order: InvoiceOrder): Invoice {
  const { customer, subscription, prorationDate } = order;
  const id = newId('in');
  const totalCents = order.lines.reduce((sum, { amountCents }) => sum + amountCents, 0);
  const lines = order.lines.map((line) => newLine(id, subscription, line));
  const renewal = order.reason === 'subscription_cycle';
  return {
    ...emptyInvoice,
    id,
    amount_due: Math.max(totalCents, 0),
    amount_remaining: Math.max(totalCents, 0),
    auto_advance: true,
    automatically_finalizes_at: renewal ? turn.nowSeconds + draftSeconds : null,
    billing_reason: order.reason,
    created: turn.nowSeconds,
    currency: subscription.currency,
    customer: customer.id,
    customer_email: customer.email,
    customer_name: customer.name ?? null,
    lines: { object: 'list', data: lines, has_more: false, url: `/v1/invoices/${id}/lines` },
    parent: {
      quote_details: null,
      subscription_details: {
        metadata: subscription.metadata,
        subscription: subscription.id,
        ...(prorationDate === undefined ? {} : { subscription_proration_date: prorationDate }),
      },
      type: 'subscription_details',
    },
    period_end: order.period.end,
    period_start: order.period.start,
    starting_balance: customer.balance,
    subtotal: totalCents,
    subtotal_excluding_tax: totalCents,
    total: totalCents,
    total_excluding_tax: totalCents,
  };
}

/** What is the same in every new invoice. */
const emptyInvoice = {
  object: 'invoice',
  account_country: 'US',
  account_name: 'WeWrite',
  account_tax_ids: null,
  amount_overpaid: 0,
  amount_paid: 0,
  amount_shipping: 0,
  application: null,
  attempt_count: 0,
  attempted: false,
  automatic_tax: { disabled_reason: null, enabled: false, liability: null, provider: null, status: null },
  collection_method: 'charge_automatically',
  custom_fields: null,
  customer_account: null,
  customer_address: null,
  customer_phone: null,
  customer_shipping: null,
  customer_tax_exempt: 'none',
  customer_tax_ids: [],
  default_payment_method: null,
  default_source: null,
  default_tax_rates: [],
  description: null,
  discounts: [],
  due_date: null,
  effective_at: null,
  ending_balance: null,
  footer: null,
  from_invoice: null,
  hosted_invoice_url: null,
  invoice_pdf: null,
  issuer: { type: 'self' },
  last_finalization_error: null,
  latest_revision: null,
  livemode: false,
  metadata: {},
  next_payment_attempt: null,
  number: null,
  on_behalf_of: null,
  payment_settings: { default_mandate: null, payment_method_options: null, payment_method_types: null },
  post_payment_credit_notes_amount: 0,
  pre_payment_credit_notes_amount: 0,
  receipt_number: null,
  rendering: null,
  shipping_cost: null,
  shipping_details: null,
  statement_descriptor: null,
  status: 'draft',
  status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
  test_clock: null,
  total_discount_amounts: [],
  total_pretax_credit_amounts: [],
  total_taxes: [],
  webhooks_delivered_at: null,
} satisfies Partial<Invoice>;
