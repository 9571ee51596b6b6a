import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { newId, randomLetters } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';

export type PaymentIntent = Stored<Stripe.PaymentIntent>;

export const paymentIntents = defineCollection<PaymentIntent>('payment_intent');

export const paymentIntentEndpoints = [
  endpoint('GET', '/v1/payment_intents/:id', {}, (turn, _parameters, id) => {
    const paymentIntent = turn.store.find(paymentIntents, id);
    if (paymentIntent === undefined) throw missing('payment_intent', id);
    return paymentIntent;
  }),
];

/** The intent to collect an invoice's amount; which card is tried is decided later. */
export function newPaymentIntent(
  turn: Turn,
  given: { amountCents: number; currency: string; customerId: string; description: string },
): PaymentIntent {
  const id = newId('pi');
  return {
    id,
    object: 'payment_intent',
    allowed_payment_method_types: null,
    amount: given.amountCents,
    amount_capturable: 0,
    amount_received: 0,
    application: null,
    application_fee_amount: null,
    automatic_payment_methods: null,
    canceled_at: null,
    cancellation_reason: null,
    capture_method: 'automatic',
    client_secret: `${id}_secret_${randomLetters(25)}`,
    confirmation_method: 'automatic',
    created: turn.nowSeconds,
    currency: given.currency,
    customer: given.customerId,
    customer_account: null,
    description: given.description,
    excluded_payment_method_types: null,
    last_payment_error: null,
    latest_charge: null,
    livemode: false,
    managed_payments: null,
    metadata: {},
    next_action: null,
    on_behalf_of: null,
    payment_method: null,
    payment_method_configuration_details: null,
    payment_method_options: null,
    payment_method_types: ['card'],
    payment_record: null,
    processing: null,
    receipt_email: null,
    review: null,
    setup_future_usage: 'off_session',
    shipping: null,
    source: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'requires_payment_method',
    transfer_data: null,
    transfer_group: null,
  };
}
