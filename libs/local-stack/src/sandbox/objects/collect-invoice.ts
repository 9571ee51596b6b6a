import { emit } from '../engine/events.ts';
import type { Turn } from '../engine/turn.ts';
import { chargeCard } from './charge.ts';
import { type Customer, customers, requireCustomer } from './customer.ts';
import { planRetry } from './dunning.ts';
import { type Invoice, invoices, requireInvoice, subscriptionIdOf } from './invoice.ts';
import { defaultPaymentOf, invoicePayments, newInvoicePayment } from './invoice-payment.ts';
import { newPaymentIntent, type PaymentIntent, paymentIntents } from './payment-intent.ts';
import { behaviourOf, declined, failedAuthentication, type PaymentMethod, paymentMethods } from './payment-method.ts';
import { type CollectionOutcome, settleSubscription } from './settle-subscription.ts';
import { subscriptions } from './subscription.ts';

/** Below this Stripe charges nothing: the amount is carried over to the customer's next invoice. */
const minimumChargeCents = 50;

/** Due step: a renewal's hour as a draft is over. A subscription that ended meanwhile stopped the invoice. */
export function finalizeAndCollect(turn: Turn, invoiceId: string): void {
  const invoice = requireInvoice(turn, invoiceId);
  if (invoice.status !== 'draft' || invoice.auto_advance !== true) return;
  const outcome = finalizeInvoice(turn, invoice) === 'paid' ? 'paid' : collect(turn, invoice);
  settleSubscription(turn, invoice, outcome);
  if (outcome !== 'paid') planRetry(turn, invoice);
}

/** Gives a draft its number and its amount due; one with nothing to charge is paid by that. */
export function finalizeInvoice(turn: Turn, invoice: Invoice): 'open' | 'paid' {
  const customer = requireCustomer(turn, String(invoice.customer), 'customer');
  const owedCents = invoice.total + customer.balance;
  const charged = owedCents >= minimumChargeCents;
  invoice.starting_balance = customer.balance;
  invoice.ending_balance = charged ? 0 : owedCents;
  invoice.amount_due = charged ? owedCents : 0;
  invoice.amount_remaining = invoice.amount_due;
  invoice.status = 'open';
  invoice.number = nextNumber(turn, customer, invoice.ending_balance);
  invoice.automatically_finalizes_at = null;
  invoice.effective_at = turn.nowSeconds;
  invoice.status_transitions.finalized_at = turn.nowSeconds;
  if (charged) openPayment(turn, invoice, customer);
  turn.store.replace(invoices, invoice);
  emit(turn, 'invoice.finalized', invoice);
  if (charged) return 'open';
  markPaid(turn, invoice);
  return 'paid';
}

/** Who is there when a card asks for its holder: nobody, or somebody who can, or cannot, authenticate the payment. */
export type Holder = 'absent' | 'authenticates' | 'fails';

/**
 * Tries to collect an open invoice from a card: the one given, the subscription's own or the customer's. A card that asks
 * for authentication pays only when its holder is there, and authenticates the payment.
 */
export function collect(
  turn: Turn,
  invoice: Invoice,
  { paymentMethodId, holder = 'absent' }: { paymentMethodId?: string | undefined; holder?: Holder } = {},
): CollectionOutcome {
  const payment = defaultPaymentOf(turn, invoice.id);
  const intentId = payment?.payment.payment_intent;
  const intent = intentId === undefined ? undefined : turn.store.find(paymentIntents, intentId);
  if (payment === undefined || intent === undefined) throw new Error(`invoice ${invoice.id} has no open payment`);
  const paymentMethod = cardFor(turn, invoice, paymentMethodId);
  invoice.attempted = true;
  invoice.attempt_count += 1;
  const outcome = paymentMethod === undefined ? 'no_payment_method' : pay(turn, intent, paymentMethod, holder);
  if (outcome !== 'paid') {
    turn.store.replace(invoices, invoice);
    emit(turn, 'invoice.payment_failed', invoice);
    if (outcome === 'action_required') emit(turn, 'invoice.payment_action_required', invoice);
    return outcome;
  }
  payment.status = 'paid';
  payment.amount_paid = intent.amount;
  payment.status_transitions.paid_at = turn.nowSeconds;
  turn.store.replace(invoicePayments, payment);
  markPaid(turn, invoice);
  return 'paid';
}

function cardFor(turn: Turn, invoice: Invoice, paymentMethodId: string | undefined): PaymentMethod | undefined {
  const subscriptionId = subscriptionIdOf(invoice);
  const subscription = subscriptionId === undefined ? undefined : turn.store.find(subscriptions, subscriptionId);
  const customer = requireCustomer(turn, String(invoice.customer), 'customer');
  const id =
    paymentMethodId ?? subscription?.default_payment_method ?? customer.invoice_settings.default_payment_method;
  return id === null || id === undefined ? undefined : turn.store.find(paymentMethods, id);
}

function pay(
  turn: Turn,
  intent: PaymentIntent,
  paymentMethod: PaymentMethod,
  holder: Holder,
): 'paid' | 'declined' | 'action_required' {
  if (behaviourOf(paymentMethod) === 'asks_for_authentication' && holder !== 'authenticates') {
    const hasFailed = holder === 'fails';
    intent.status = hasFailed ? 'requires_payment_method' : 'requires_action';
    if (hasFailed) intent.last_payment_error = failedAuthentication;
    turn.store.replace(paymentIntents, intent);
    return hasFailed ? 'declined' : 'action_required';
  }
  const made = chargeCard(turn, intent, paymentMethod);
  intent.latest_charge = made.id;
  if (made.paid) {
    intent.status = 'succeeded';
    intent.amount_received = intent.amount;
    intent.payment_method = paymentMethod.id;
    intent.last_payment_error = null;
  } else {
    intent.status = 'requires_payment_method';
    intent.last_payment_error = { ...declined, charge: made.id };
  }
  turn.store.replace(paymentIntents, intent);
  return made.paid ? 'paid' : 'declined';
}

function openPayment(turn: Turn, invoice: Invoice, customer: Customer): void {
  const amountCents = invoice.amount_due;
  const { currency } = invoice;
  const description =
    invoice.billing_reason === 'subscription_create' ? 'Subscription creation' : 'Subscription update';
  const intent = newPaymentIntent(turn, { amountCents, currency, customerId: customer.id, description });
  turn.store.insert(paymentIntents, intent, turn.nowSeconds);
  const payment = newInvoicePayment(turn, { invoiceId: invoice.id, paymentIntentId: intent.id, amountCents, currency });
  turn.store.insert(invoicePayments, payment, turn.nowSeconds);
}

function nextNumber(turn: Turn, customer: Customer, endingBalance: number): string {
  const sequence = customer.next_invoice_sequence ?? 1;
  customer.next_invoice_sequence = sequence + 1;
  customer.balance = endingBalance;
  turn.store.replace(customers, customer);
  return `${customer.invoice_prefix}-${String(sequence).padStart(4, '0')}`;
}

function markPaid(turn: Turn, invoice: Invoice): void {
  invoice.status = 'paid';
  invoice.attempted = true;
  invoice.amount_paid = invoice.amount_due;
  invoice.amount_remaining = 0;
  invoice.status_transitions.paid_at = turn.nowSeconds;
  turn.store.replace(invoices, invoice);
  emit(turn, 'invoice.paid', invoice);
}
