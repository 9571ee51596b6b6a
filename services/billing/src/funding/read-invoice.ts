import { cents } from '@wewrite/contracts';
import type { StripeClient } from '@wewrite/service-kit/stripe';
import type Stripe from 'stripe';
import { instantOf } from '../stripe/seconds.ts';
import { ownIdKey } from '../subscription/subscription.ts';
import {
  type BalanceTransaction,
  type InvoiceLine,
  type InvoicePayment,
  type InvoiceReading,
  invoiceStatuses,
} from './invoice.ts';

const wholePage = 100;

/** Reads an invoice, all its lines, and, when it is paid, the payments behind it. */
export async function readInvoice(
  stripe: StripeClient,
  id: string,
  causeEventId: string | null = null,
): Promise<InvoiceReading> {
  const invoice = await stripe.call('invoices.retrieve', id, (sdk) => sdk.invoices.retrieve(id));
  const lines = invoice.lines.has_more ? await readLines(stripe, id) : invoice.lines.data;
  const status = invoiceStatuses.find((known) => known === invoice.status);
  if (status === undefined) throw new Error(`invoice ${id} has an unknown status: ${invoice.status}`);
  const parent = invoice.parent?.subscription_details;
  const { paid_at: paidAt } = invoice.status_transitions;
  return {
    id,
    causeEventId,
    stripeSubscriptionId: idOf(parent?.subscription),
    subscriptionId: parent?.metadata?.[ownIdKey] ?? null,
    status,
    isRaise: invoice.billing_reason === 'subscription_update',
    currency: invoice.currency,
    createdAt: instantOf(invoice.created),
    paidAt: paidAt === null ? null : instantOf(paidAt),
    totalCents: cents(invoice.total),
    amountPaidCents: cents(invoice.amount_paid),
    strayCents: strayAmountsOf(invoice).map(cents),
    lines: lines.map(lineOf),
    payments: status === 'paid' && invoice.amount_paid > 0 ? await readPayments(stripe, id) : [],
  };
}

async function readLines(stripe: StripeClient, id: string): Promise<Stripe.InvoiceLineItem[]> {
  return stripe.call('invoices.listLineItems', id, (sdk) =>
    sdk.invoices.listLineItems(id, { limit: wholePage }).autoPagingToArray({ limit: 10_000 }),
  );
}

/** Two calls at most, for an expansion goes no deeper than the charge. */
async function readPayments(stripe: StripeClient, id: string): Promise<InvoicePayment[]> {
  const { data } = await stripe.call('invoicePayments.list', id, (sdk) =>
    sdk.invoicePayments.list({
      invoice: id,
      status: 'paid',
      limit: wholePage,
      expand: ['data.payment.payment_intent.latest_charge'],
    }),
  );
  const payments: InvoicePayment[] = [];
  for (const payment of data) {
    const intent = payment.payment.payment_intent;
    // A payment without an intent brought no money through Stripe; the sums then differ, and say so.
    if (intent !== undefined && typeof intent !== 'string') payments.push(await paymentOf(stripe, payment, intent));
  }
  return payments;
}

async function paymentOf(
  stripe: StripeClient,
  payment: Stripe.InvoicePayment,
  intent: Stripe.PaymentIntent,
): Promise<InvoicePayment> {
  const charge = typeof intent.latest_charge === 'string' ? null : intent.latest_charge;
  const transactionId = idOf(charge?.balance_transaction);
  return {
    paymentIntentId: intent.id,
    chargeId: charge?.id ?? null,
    amountCents: cents(payment.amount_paid ?? 0),
    balance: transactionId === null ? null : await readMovement(stripe, transactionId),
  };
}

/** Reads a movement of Stripe's balance. */
export async function readMovement(stripe: StripeClient, id: string): Promise<BalanceTransaction> {
  const transaction = await stripe.call('balanceTransactions.retrieve', id, (sdk) =>
    sdk.balanceTransactions.retrieve(id),
  );
  return {
    id,
    feeCents: cents(transaction.fee),
    netCents: cents(transaction.net),
    createdAt: instantOf(transaction.created),
    availableOn: instantOf(transaction.available_on),
  };
}

/** What is not zero here is money that our invoices do not have. */
function strayAmountsOf(invoice: Stripe.Invoice): number[] {
  return [
    invoice.starting_balance,
    invoice.ending_balance ?? 0,
    invoice.pre_payment_credit_notes_amount,
    invoice.post_payment_credit_notes_amount,
    invoice.amount_paid_off_stripe ?? 0,
    invoice.amount_overpaid,
    ...(invoice.total_taxes ?? []).map((tax) => tax.amount),
    ...(invoice.total_discount_amounts ?? []).map((discount) => discount.amount),
    ...(invoice.total_pretax_credit_amounts ?? []).map((credit) => credit.amount),
  ];
}

function lineOf(line: Stripe.InvoiceLineItem): InvoiceLine {
  return {
    amountCents: cents(line.amount),
    start: instantOf(line.period.start),
    end: instantOf(line.period.end),
  };
}

/** The id of something that Stripe gives as an id or whole. */
export function idOf(reference: string | { id: string } | null | undefined): string | null {
  if (reference === null || reference === undefined) return null;
  return typeof reference === 'string' ? reference : reference.id;
}
