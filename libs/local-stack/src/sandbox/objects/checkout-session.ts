import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { schedule } from '../engine/due-work.ts';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { newId } from '../engine/object-ids.ts';
import { listOf, wholeNumber, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { requireCustomer } from './customer.ts';
import { priceData } from './price.ts';
import { requireProduct } from './product.ts';
import { subscriptionOrder } from './subscription-order.ts';

export type CheckoutSession = Stored<Stripe.Checkout.Session>;

export const checkoutSessions = defineCollection<CheckoutSession>('checkout_session');

const { billing_mode, billing_cycle_anchor_config, metadata } = subscriptionOrder;

/** The parameters of `checkout.sessions.create`. */
const given = {
  mode: z.literal('subscription'),
  customer: words,
  client_reference_id: words.optional(),
  success_url: z.url(),
  cancel_url: z.url().optional(),
  expires_at: wholeNumber.optional(),
  line_items: listOf(z.strictObject({ price_data: priceData, quantity: z.literal('1') })).refine(
    (items) => items.length === 1,
    'the sandbox knows subscriptions with one item',
  ),
  subscription_data: z
    .strictObject({
      billing_mode,
      billing_cycle_anchor_config,
      metadata,
      proration_behavior: z.enum(['create_prorations', 'none']).optional(),
    })
    .optional(),
};

type CheckoutParameters = ParametersOf<typeof given>;

/** What a session sells, kept beside it: the session itself does not show it. */
export interface CheckoutOrder {
  readonly id: string;
  readonly object: 'checkout_order';
  readonly price: CheckoutParameters['line_items'][number]['price_data'];
  readonly subscription: NonNullable<CheckoutParameters['subscription_data']>;
  /** The customer has begun to pay: the session is open still, and cannot be ended. */
  readonly is_being_paid: boolean;
}

export const checkoutOrders = defineCollection<CheckoutOrder>('checkout_order');

const shortestSeconds = 30 * 60;
const longestSeconds = 24 * 3600;

export const checkoutSessionEndpoints = [
  endpoint('POST', '/v1/checkout/sessions', given, (turn, parameters) => {
    const customer = requireCustomer(turn, parameters.customer, 'customer');
    const [item] = parameters.line_items;
    if (item === undefined) throw refused('You must supply an item.', { param: 'line_items' });
    requireProduct(turn, item.price_data.product, 'line_items[0][price_data][product]');
    const session = newSession(turn, parameters, customer.email);
    turn.store.insert(checkoutSessions, session, turn.nowSeconds);
    turn.store.insert(
      checkoutOrders,
      {
        id: session.id,
        object: 'checkout_order',
        price: item.price_data,
        subscription: parameters.subscription_data ?? {},
        is_being_paid: false,
      },
      turn.nowSeconds,
    );
    schedule(turn, session.expires_at, 'expire_checkout', session.id);
    return session;
  }),
  endpoint('GET', '/v1/checkout/sessions/:id', {}, (turn, _parameters, id) => requireSession(turn, id)),
  endpoint('POST', '/v1/checkout/sessions/:id/expire', {}, (turn, _parameters, id) => {
    const session = requireSession(turn, id);
    if (session.status !== 'open') {
      throw refused(`Only Checkout Sessions with a status in ["open"] can be expired. This one is ${session.status}.`);
    }
    if (turn.store.find(checkoutOrders, id)?.is_being_paid === true) {
      throw refused('This Checkout Session cannot be expired while its payment is under way.');
    }
    expire(turn, session);
    return session;
  }),
];

/** The session of that id, or Stripe's refusal. */
export function requireSession(turn: Turn, id: string): CheckoutSession {
  const session = turn.store.find(checkoutSessions, id);
  if (session === undefined) throw missing('checkout.session', id);
  return session;
}

/** Due step: a session that nobody completed is over. */
export function expireCheckout(turn: Turn, id: string): void {
  const session = requireSession(turn, id);
  if (session.status === 'open') expire(turn, session);
}

function expire(turn: Turn, session: CheckoutSession): void {
  session.status = 'expired';
  session.url = null;
  turn.store.replace(checkoutSessions, session);
  emit(turn, 'checkout.session.expired', session);
}

function newSession(turn: Turn, parameters: CheckoutParameters, email: string | null): CheckoutSession {
  const id = newId('cs_test');
  const expiresAt = parameters.expires_at ?? turn.nowSeconds + longestSeconds;
  const lastsSeconds = expiresAt - turn.nowSeconds;
  if (lastsSeconds < shortestSeconds || lastsSeconds > longestSeconds) {
    throw refused('The `expires_at` timestamp must be between 30 minutes and 24 hours from creation.', {
      param: 'expires_at',
    });
  }
  return {
    ...emptySession,
    id,
    cancel_url: parameters.cancel_url ?? null,
    client_reference_id: parameters.client_reference_id ?? null,
    created: turn.nowSeconds,
    customer: parameters.customer,
    customer_email: email,
    expires_at: expiresAt,
    success_url: parameters.success_url,
    url: `${turn.baseUrl}/_sandbox/checkout/${id}`,
  };
}

/** What is the same in every new session. */
const emptySession = {
  object: 'checkout.session',
  adaptive_pricing: null,
  after_expiration: null,
  allow_promotion_codes: null,
  allowed_payment_method_types: null,
  amount_subtotal: null,
  amount_total: null,
  automatic_tax: { enabled: false, liability: null, provider: null, status: null },
  billing_address_collection: null,
  client_secret: null,
  collected_information: null,
  consent: null,
  consent_collection: null,
  currency: 'usd',
  currency_conversion: null,
  custom_fields: [],
  custom_text: { after_submit: null, shipping_address: null, submit: null, terms_of_service_acceptance: null },
  customer_account: null,
  customer_creation: null,
  customer_details: null,
  discounts: [],
  integration_identifier: null,
  invoice: null,
  invoice_creation: null,
  livemode: false,
  locale: null,
  managed_payments: null,
  metadata: {},
  mode: 'subscription',
  origin_context: null,
  payment_intent: null,
  payment_link: null,
  payment_method_collection: 'always',
  payment_method_configuration_details: null,
  payment_method_options: null,
  payment_method_types: ['card'],
  payment_status: 'unpaid',
  permissions: null,
  recovered_from: null,
  saved_payment_method_options: null,
  setup_intent: null,
  shipping_address_collection: null,
  shipping_cost: null,
  shipping_options: [],
  status: 'open',
  submit_type: null,
  subscription: null,
  total_details: null,
  ui_mode: 'hosted_page',
  wallet_options: null,
} satisfies Partial<CheckoutSession>;
