import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import { words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused, StripeFailure } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { customers } from './customer.ts';

export type PaymentMethod = Stored<Stripe.PaymentMethod>;

export const paymentMethods = defineCollection<PaymentMethod>('payment_method');

/** What becomes of charges on a card, and of the money. */
export type CardBehaviour = 'pays' | 'pays_at_once' | 'fails_when_attached' | 'fails_when_charged';

/** Stripe's test cards, by the name that `attach` takes; a card is recognised later by its last digits. */
const testCards: Readonly<Record<string, { last4: string; behaviour: CardBehaviour }>> = {
  pm_card_visa: { last4: '4242', behaviour: 'pays' },
  pm_card_bypassPending: { last4: '0077', behaviour: 'pays_at_once' },
  pm_card_visa_chargeDeclined: { last4: '0002', behaviour: 'fails_when_attached' },
  pm_card_chargeCustomerFail: { last4: '0341', behaviour: 'fails_when_charged' },
};

export const paymentMethodEndpoints = [
  endpoint('POST', '/v1/payment_methods/:id/attach', { customer: words }, (turn, parameters, id) => {
    if (turn.store.find(customers, parameters.customer) === undefined) {
      throw missing('customer', parameters.customer, 'customer');
    }
    const card = Object.hasOwn(testCards, id) ? testCards[id] : undefined;
    if (card === undefined) return attachAgain(turn, id, parameters.customer);
    if (card.behaviour === 'fails_when_attached') throw new StripeFailure(402, declined);
    const paymentMethod = newCard(turn, card.last4, parameters.customer);
    turn.store.insert(paymentMethods, paymentMethod, turn.nowSeconds);
    return paymentMethod;
  }),
];

/** The body of a declined card's error. */
export const declined = {
  type: 'card_error',
  code: 'card_declined',
  decline_code: 'generic_decline',
  message: 'Your card was declined.',
} as const;

export function behaviourOf(paymentMethod: PaymentMethod): CardBehaviour {
  const card = Object.values(testCards).find(({ last4 }) => last4 === paymentMethod.card?.last4);
  return card?.behaviour ?? 'fails_when_charged';
}

function attachAgain(turn: Turn, id: string, customerId: string): PaymentMethod {
  const known = turn.store.find(paymentMethods, id);
  if (known === undefined) throw missing('PaymentMethod', id);
  if (known.customer === customerId) return known;
  throw refused('The payment method you provided has already been attached to a customer.');
}

function newCard(turn: Turn, last4: string, customerId: string): PaymentMethod {
  return {
    id: newId('pm'),
    object: 'payment_method',
    allow_redisplay: 'unspecified',
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    card: {
      brand: 'visa',
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country: 'US',
      display_brand: 'visa',
      exp_month: 12,
      exp_year: 2040,
      fingerprint: `sandbox${last4}`,
      funding: 'credit',
      generated_from: null,
      last4,
      networks: { available: ['visa'], preferred: null },
      regulated_status: 'unregulated',
      three_d_secure_usage: { supported: true },
      wallet: null,
    },
    created: turn.nowSeconds,
    customer: customerId,
    customer_account: null,
    livemode: false,
    metadata: {},
    type: 'card',
  };
}
