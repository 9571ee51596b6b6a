import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { type FailureDetail, missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';

export type PaymentMethod = Stored<Stripe.PaymentMethod>;

export const paymentMethods = defineCollection<PaymentMethod>('payment_method');

/** What becomes of charges on a card, and of the money. */
export type CardBehaviour =
  | 'pays'
  | 'pays_at_once'
  | 'pays_refunds_fail'
  | 'pays_is_disputed'
  | 'pays_is_asked_about'
  | 'fails_when_attached'
  | 'fails_when_charged'
  | 'asks_for_authentication';

/** Stripe's test cards, by the name that `attach` takes; a card is recognised later by its last digits. */
export const testCards: ReadonlyMap<string, { last4: string; behaviour: CardBehaviour }> = new Map([
  ['pm_card_visa', { last4: '4242', behaviour: 'pays' }],
  ['pm_card_bypassPending', { last4: '0077', behaviour: 'pays_at_once' }],
  ['pm_card_refundFail', { last4: '5126', behaviour: 'pays_refunds_fail' }],
  ['pm_card_createDispute', { last4: '0259', behaviour: 'pays_is_disputed' }],
  ['pm_card_createDisputeInquiry', { last4: '1976', behaviour: 'pays_is_asked_about' }],
  ['pm_card_visa_chargeDeclined', { last4: '0002', behaviour: 'fails_when_attached' }],
  ['pm_card_chargeCustomerFail', { last4: '0341', behaviour: 'fails_when_charged' }],
  ['pm_card_authenticationRequired', { last4: '3184', behaviour: 'asks_for_authentication' }],
]);

/** The body of a declined card's error. */
export const declined = {
  type: 'card_error',
  code: 'card_declined',
  decline_code: 'generic_decline',
  message: 'Your card was declined.',
} as const;

/** The body of the error of a card whose holder is not there to authenticate the payment. */
const unauthenticated = {
  type: 'card_error',
  code: 'subscription_payment_intent_requires_action',
  message: 'Payment for this subscription requires additional user action before it can be completed successfully.',
} as const;

/** The body of the error of a card whose holder could not authenticate the payment. */
export const failedAuthentication = {
  type: 'card_error',
  code: 'payment_intent_authentication_failure',
  message: 'The provided payment method has failed authentication.',
} as const;

/** The body of the error of a card that did not pay. */
export function failureOf(outcome: 'declined' | 'action_required'): FailureDetail {
  return outcome === 'declined' ? declined : unauthenticated;
}

/** Refuses a card that is not one of the customer's. */
export function requireCard(turn: Turn, paymentMethodId: string, customer: { readonly id: string }): void {
  const param = 'default_payment_method';
  const paymentMethod = turn.store.find(paymentMethods, paymentMethodId);
  if (paymentMethod === undefined) throw missing('PaymentMethod', paymentMethodId, param);
  if (paymentMethod.customer !== customer.id) {
    throw refused('The payment method must be attached to the customer.', { param });
  }
}

export function behaviourOf(paymentMethod: PaymentMethod): CardBehaviour {
  const card = [...testCards.values()].find(({ last4 }) => last4 === paymentMethod.card?.last4);
  return card?.behaviour ?? 'fails_when_charged';
}

/** A new payment method of a customer's, as attaching a test card makes it. */
export function newCard(turn: Turn, last4: string, customerId: string): PaymentMethod {
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
