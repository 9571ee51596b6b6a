import { z } from 'zod';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { metadata } from '../engine/metadata.ts';
import { amountCents, words } from '../engine/parameters.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { availableCents } from './balance.ts';
import { type Charge, charges } from './charge.ts';
import { disputes } from './dispute.ts';
import { paymentIntents } from './payment-intent.ts';
import { newRefund, refunds } from './refund.ts';
import { sendRefund } from './send-refund.ts';

/** A refund is paid from what is available in the payments balance; without that it is `pending` until there is more. */
export const createRefundEndpoints = [
  endpoint(
    'POST',
    '/v1/refunds',
    {
      payment_intent: words,
      amount: amountCents(1).optional(),
      reason: z.enum(['duplicate', 'fraudulent', 'requested_by_customer']).optional(),
      metadata: metadata.optional(),
    },
    (turn, order) => {
      const charge = chargeOf(turn, order.payment_intent);
      const cents = refundableCents(turn, charge, order.amount);
      charge.amount_refunded += cents;
      charge.refunded = charge.amount_refunded === charge.amount;
      turn.store.replace(charges, charge);
      const refund = newRefund(turn, charge, {
        amountCents: cents,
        reason: order.reason ?? null,
        metadata: order.metadata ?? {},
      });
      turn.store.insert(refunds, refund, turn.nowSeconds);
      if (cents <= availableCents(turn)) sendRefund(turn, refund);
      emit(turn, 'refund.created', refund);
      emit(turn, 'charge.refunded', charge);
      return refund;
    },
  ),
];

const manyDisputes = 100;

function chargeOf(turn: Turn, intentId: string): Charge {
  const intent = turn.store.find(paymentIntents, intentId);
  if (intent === undefined) throw missing('payment_intent', intentId, 'payment_intent');
  const charge = intent.status === 'succeeded' ? turn.store.find(charges, String(intent.latest_charge)) : undefined;
  if (charge !== undefined) return charge;
  throw refused('This PaymentIntent does not have a successful charge to refund.', {
    code: 'payment_intent_unexpected_state',
  });
}

/** The amount asked for, or all that is left. */
function refundableCents(turn: Turn, charge: Charge, wishedCents: number | undefined): number {
  const ofCharge = turn.store.list(disputes, { equals: { charge: charge.id } }, manyDisputes);
  if (ofCharge.some(({ status, is_charge_refundable: isRefundable }) => status !== 'won' && !isRefundable)) {
    throw refused(`Charge ${charge.id} has been charged back; cannot issue a refund.`, { code: 'charge_disputed' });
  }
  const leftCents = charge.amount - charge.amount_refunded;
  if (leftCents === 0) {
    throw refused(`Charge ${charge.id} has already been refunded.`, { code: 'charge_already_refunded' });
  }
  if (wishedCents === undefined || wishedCents <= leftCents) return wishedCents ?? leftCents;
  throw refused(`Refund amount (${wishedCents}) is greater than unrefunded amount on charge (${leftCents})`, {
    param: 'amount',
  });
}
