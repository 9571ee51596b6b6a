import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { schedule } from '../engine/due-work.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import type { PaymentIntent } from './payment-intent.ts';
import { behaviourOf, declined, type PaymentMethod } from './payment-method.ts';

export type Charge = Stored<Stripe.Charge>;

export const charges = defineCollection<Charge>('charge');

const settlementSeconds = 2 * 24 * 3600;
const feePerThousand = 29;
const fixedFeeCents = 30;

export const chargeEndpoints = [
  endpoint('GET', '/v1/charges/:id', {}, (turn, _parameters, id) => {
    const charge = turn.store.find(charges, id);
    if (charge === undefined) throw missing('charge', id);
    return charge;
  }),
];

/** Stripe's price for a card payment: 2.9 % rounded half up, and 30 ¢. */
export function processingFeeCents(amountCents: number): number {
  return Math.floor((amountCents * feePerThousand + 500) / 1000) + fixedFeeCents;
}

/**
 * Charges a card for a payment intent. A success moves the balance by the net amount, available after two days or, for
 * the test card that says so, at once.
 */
export function chargeCard(turn: Turn, intent: PaymentIntent, paymentMethod: PaymentMethod): Charge {
  const behaviour = behaviourOf(paymentMethod);
  const succeeds = behaviour !== 'fails_when_attached' && behaviour !== 'fails_when_charged';
  const charge = newCharge(turn, intent, paymentMethod, succeeds);
  if (succeeds) {
    const transaction = newBalanceTransaction(turn, {
      type: 'charge',
      source: charge.id,
      amountCents: intent.amount,
      feeCents: processingFeeCents(intent.amount),
      currency: intent.currency,
      availableOn: turn.nowSeconds + (behaviour === 'pays_at_once' ? 0 : settlementSeconds),
      description: intent.description,
    });
    charge.balance_transaction = transaction.id;
    post(turn, transaction);
  }
  turn.store.insert(charges, charge, turn.nowSeconds);
  if (behaviour === 'pays_is_disputed') schedule(turn, turn.nowSeconds, 'open_dispute', charge.id);
  if (behaviour === 'pays_is_asked_about') schedule(turn, turn.nowSeconds, 'open_inquiry', charge.id);
  // Stripe attaches the balance transaction a moment after the payment, and says so; here the moment is none.
  if (succeeds) emit(turn, 'charge.updated', charge, { previous: { balance_transaction: null } });
  else emit(turn, 'charge.failed', charge);
  return charge;
}

function newCharge(turn: Turn, intent: PaymentIntent, paymentMethod: PaymentMethod, succeeds: boolean): Charge {
  return {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: succeeds ? intent.amount : 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: { address: null, email: null, name: null, phone: null, tax_id: null },
    calculated_statement_descriptor: 'WEWRITE',
    captured: succeeds,
    created: turn.nowSeconds,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: succeeds ? null : declined.code,
    failure_message: succeeds ? null : declined.message,
    fraud_details: {},
    livemode: false,
    metadata: {},
    on_behalf_of: null,
    outcome: outcome(succeeds),
    paid: succeeds,
    payment_intent: intent.id,
    payment_method: paymentMethod.id,
    payment_method_details: null,
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: succeeds ? 'succeeded' : 'failed',
    transfer_data: null,
    transfer_group: null,
  };
}

function outcome(succeeds: boolean): Charge['outcome'] {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: succeeds ? null : '05',
    network_status: succeeds ? 'approved_by_network' : 'declined_by_network',
    reason: succeeds ? null : declined.decline_code,
    risk_level: 'normal',
    seller_message: succeeds ? 'Payment complete.' : 'The bank did not return any further details with this decline.',
    type: succeeds ? 'authorized' : 'issuer_declined',
  };
}
