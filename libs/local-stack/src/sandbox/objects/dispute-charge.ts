import type Stripe from 'stripe';
import { z } from 'zod';
import { emit } from '../engine/events.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import { type Charge, charges } from './charge.ts';
import { type Dispute, disputes, newDispute, requireDispute } from './dispute.ts';
import { paymentIntents } from './payment-intent.ts';

/** What Stripe takes for a dispute, won or lost. */
const disputeFeeCents = 1_500;

/** A bank disputes a payment, or asks about it first: the whole of it unless an amount is given. */
export const disputeOrder = z.strictObject({
  payment_intent: z.string(),
  amount: z.int().min(1).optional(),
  inquiry: z.boolean().default(false),
});

/** What the bank decides on: the texts that Stripe's test mode knows. A part only may be given back of what is won. */
export const disputeEvidence = z.strictObject({
  evidence: z.enum(['winning_evidence', 'losing_evidence']),
  reinstated: z.int().min(1).optional(),
});

/** A card network suspects a payment, before anybody disputes it. */
export const fraudWarningOrder = z.strictObject({ payment_intent: z.string() });

/** Due step: the bank of a test card disputes its charge a moment after it succeeded. */
export function openDispute(turn: Turn, chargeId: string, isInquiry: boolean): void {
  const charge = turn.store.find(charges, chargeId);
  if (charge !== undefined && !charge.disputed) open(turn, charge, { amountCents: charge.amount, isInquiry });
}

/** Disputes a payment on demand. */
export function disputePayment(turn: Turn, order: z.output<typeof disputeOrder>): Dispute {
  const charge = chargeOf(turn, order.payment_intent);
  return open(turn, charge, { amountCents: order.amount ?? charge.amount, isInquiry: order.inquiry });
}

function open(turn: Turn, charge: Charge, given: { amountCents: number; isInquiry: boolean }): Dispute {
  const dispute = newDispute(turn, charge, given);
  charge.disputed = true;
  turn.store.replace(charges, charge);
  turn.store.insert(disputes, dispute, turn.nowSeconds);
  emit(turn, 'charge.dispute.created', dispute);
  if (!given.isInquiry) withdraw(turn, dispute);
  return dispute;
}

/** Ends a dispute as its bank decides. A lost inquiry becomes a dispute; a won one is closed. */
export function endDispute(
  turn: Turn,
  id: string,
  { evidence, reinstated }: z.output<typeof disputeEvidence>,
): Dispute {
  const dispute = requireDispute(turn, id);
  const isWon = evidence === 'winning_evidence';
  if (dispute.status === 'warning_needs_response' && !isWon) {
    dispute.status = 'needs_response';
    dispute.is_charge_refundable = false;
    withdraw(turn, dispute);
    return dispute;
  }
  if (dispute.status !== 'needs_response' && dispute.status !== 'warning_needs_response') {
    throw refused(`The dispute is ${dispute.status} already.`);
  }
  const moved = dispute.status === 'needs_response';
  dispute.status = moved ? (isWon ? 'won' : 'lost') : 'warning_closed';
  if (moved && isWon) move(turn, dispute, { amountCents: reinstated ?? dispute.amount, feeCents: 0 });
  turn.store.replace(disputes, dispute);
  emit(turn, 'charge.dispute.closed', dispute);
  if (dispute.status === 'won') emit(turn, 'charge.dispute.funds_reinstated', dispute);
  return dispute;
}

/** Says that a payment is suspected; nothing else happens. */
export function warnOfFraud(turn: Turn, order: z.output<typeof fraudWarningOrder>) {
  const charge = chargeOf(turn, order.payment_intent);
  const warning: Stored<Stripe.Radar.EarlyFraudWarning> = {
    id: newId('issfr'),
    object: 'radar.early_fraud_warning',
    actionable: true,
    charge: charge.id,
    created: turn.nowSeconds,
    fraud_type: 'made_with_stolen_card',
    livemode: false,
    payment_intent: order.payment_intent,
  };
  emit(turn, 'radar.early_fraud_warning.created', warning);
  return warning;
}

function withdraw(turn: Turn, dispute: Dispute): void {
  move(turn, dispute, { amountCents: -dispute.amount, feeCents: disputeFeeCents });
  turn.store.replace(disputes, dispute);
  emit(turn, 'charge.dispute.updated', dispute);
  emit(turn, 'charge.dispute.funds_withdrawn', dispute);
}

function move(turn: Turn, dispute: Dispute, money: { amountCents: number; feeCents: number }): void {
  const isWithdrawn = money.amountCents < 0;
  const transaction = newBalanceTransaction(turn, {
    ...money,
    type: 'adjustment',
    reportingCategory: isWithdrawn ? 'dispute' : 'dispute_reversal',
    source: dispute.id,
    currency: dispute.currency,
    availableOn: turn.nowSeconds,
    description: isWithdrawn
      ? `Chargeback withdrawal for ${dispute.charge}`
      : `Chargeback reversal for ${dispute.charge}`,
  });
  post(turn, transaction);
  dispute.balance_transactions.push(transaction);
}

function chargeOf(turn: Turn, intentId: string): Charge {
  const intent = turn.store.find(paymentIntents, intentId);
  if (intent === undefined) throw missing('payment_intent', intentId, 'payment_intent');
  const charge = intent.status === 'succeeded' ? turn.store.find(charges, String(intent.latest_charge)) : undefined;
  if (charge === undefined) throw refused('This PaymentIntent does not have a successful charge to dispute.');
  return charge;
}
