import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { listPage } from '../engine/lists.ts';
import { newId } from '../engine/object-ids.ts';
import { createdRange, page, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import type { Charge } from './charge.ts';

export type Refund = Stored<Stripe.Refund>;

export const refunds = defineCollection<Refund>('refund', {
  charge: ({ charge }) => charge,
  payment_intent: ({ payment_intent }) => payment_intent,
  status: ({ status }) => status,
});

export const refundEndpoints = [
  endpoint(
    'GET',
    '/v1/refunds',
    { ...page, created: createdRange.optional(), charge: words.optional(), payment_intent: words.optional() },
    (turn, { created, charge, payment_intent, ...ofPage }) =>
      listPage(turn.store, refunds, {
        url: '/v1/refunds',
        filter: { equals: { charge, payment_intent }, created },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/refunds/:id', {}, (turn, _parameters, id) => requireRefund(turn, id)),
];

export function requireRefund(turn: Turn, id: string): Refund {
  const refund = turn.store.find(refunds, id);
  if (refund === undefined) throw missing('refund', id);
  return refund;
}

/** A refund before any money has moved. */
export function newRefund(
  turn: Turn,
  charge: Charge,
  given: { amountCents: number; reason: Refund['reason']; metadata: Record<string, string> },
): Refund {
  return {
    id: newId('re'),
    object: 'refund',
    amount: given.amountCents,
    balance_transaction: null,
    charge: charge.id,
    created: turn.nowSeconds,
    currency: charge.currency,
    customer: charge.customer,
    customer_account: null,
    destination_details: { card: { reference_status: 'pending', type: 'refund' }, type: 'card' },
    metadata: given.metadata,
    payment_intent: charge.payment_intent,
    payment_method: charge.payment_method,
    pending_reason: 'insufficient_funds',
    reason: given.reason,
    receipt_number: null,
    source_transfer_reversal: null,
    status: 'pending',
    transfer_reversal: null,
  };
}
