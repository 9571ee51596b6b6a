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

export type Dispute = Stored<Stripe.Dispute>;

export const disputes = defineCollection<Dispute>('dispute', {
  charge: ({ charge }) => charge,
  payment_intent: ({ payment_intent }) => payment_intent,
});

export const disputeEndpoints = [
  endpoint(
    'GET',
    '/v1/disputes',
    { ...page, created: createdRange.optional(), charge: words.optional(), payment_intent: words.optional() },
    (turn, { created, charge, payment_intent, ...ofPage }) =>
      listPage(turn.store, disputes, {
        url: '/v1/disputes',
        filter: { equals: { charge, payment_intent }, created },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/disputes/:id', {}, (turn, _parameters, id) => requireDispute(turn, id)),
];

export function requireDispute(turn: Turn, id: string): Dispute {
  const dispute = turn.store.find(disputes, id);
  if (dispute === undefined) throw missing('dispute', id);
  return dispute;
}

const evidenceDays = 7;

/** A dispute before any money has moved; an inquiry asks first, and moves none. */
export function newDispute(turn: Turn, charge: Charge, given: { amountCents: number; isInquiry: boolean }): Dispute {
  return {
    id: newId('du'),
    object: 'dispute',
    amount: given.amountCents,
    balance_transactions: [],
    charge: charge.id,
    created: turn.nowSeconds,
    currency: charge.currency,
    enhanced_eligibility_types: [],
    evidence: noEvidence,
    evidence_details: {
      due_by: turn.nowSeconds + evidenceDays * 24 * 3600,
      enhanced_eligibility: {},
      has_evidence: false,
      past_due: false,
      submission_count: 0,
      submission_method: 'not_submitted',
    },
    intended_submission_method: 'manual',
    is_charge_refundable: given.isInquiry,
    livemode: false,
    metadata: {},
    network_reason_code: '10.4',
    payment_intent: charge.payment_intent,
    payment_method_details: {
      card: {
        brand: 'visa',
        case_type: given.isInquiry ? 'inquiry' : 'chargeback',
        network: 'visa',
        network_reason_code: '10.4',
      },
      type: 'card',
    },
    reason: 'fraudulent',
    status: given.isInquiry ? 'warning_needs_response' : 'needs_response',
  };
}

const noEvidence: Dispute['evidence'] = {
  access_activity_log: null,
  billing_address: null,
  cancellation_policy: null,
  cancellation_policy_disclosure: null,
  cancellation_rebuttal: null,
  customer_communication: null,
  customer_email_address: null,
  customer_name: null,
  customer_purchase_ip: null,
  customer_signature: null,
  duplicate_charge_documentation: null,
  duplicate_charge_explanation: null,
  duplicate_charge_id: null,
  enhanced_evidence: {},
  product_description: null,
  receipt: null,
  refund_policy: null,
  refund_policy_disclosure: null,
  refund_refusal_explanation: null,
  service_date: null,
  service_documentation: null,
  shipping_address: null,
  shipping_carrier: null,
  shipping_date: null,
  shipping_documentation: null,
  shipping_tracking_number: null,
  uncategorized_file: null,
  uncategorized_text: null,
};
