import { z } from 'zod';
import { endpoint } from '../engine/endpoint.ts';
import { emitThin } from '../engine/events.ts';
import { refusedV2 } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';
import {
  type OutboundPayment,
  outboundPaymentPath,
  outboundPayments,
  requireOutboundPayment,
} from './outbound-payment.ts';
import { moveStorage, settleStorage, voidStorage } from './storage-transaction.ts';

/** How an outbound payment goes on, on demand: `returned` follows `posted`, the others follow `processing`. */
export const outboundPaymentOutcome = z.strictObject({ outcome: z.enum(['posted', 'failed', 'returned']) });

type Outcome = z.output<typeof outboundPaymentOutcome>['outcome'] | 'canceled';

export const cancelOutboundPaymentEndpoints = [
  endpoint('POST', `${outboundPaymentPath}/:id/cancel`, {}, (turn, _parameters, id) => {
    const payment = requireOutboundPayment(turn, id);
    if (payment.status === 'canceled') {
      throw refusedV2('already_canceled', `${id} has been canceled already.`, 'outbound_payment_already_canceled');
    }
    return endOutboundPayment(turn, id, 'canceled');
  }),
];

/** Due step: the money leaves, unless the payment has ended before. */
export function postOutboundPayment(turn: Turn, id: string): void {
  if (requireOutboundPayment(turn, id).status === 'processing') endOutboundPayment(turn, id, 'posted');
}

/** Takes a payment to its next state, its money with it, and tells of it. */
export function endOutboundPayment(turn: Turn, id: string, outcome: Outcome): OutboundPayment {
  const payment = requireOutboundPayment(turn, id);
  if (payment.status !== (outcome === 'returned' ? 'posted' : 'processing')) {
    const message = `${id} is ${payment.status} and cannot be ${outcome}.`;
    throw refusedV2('not_cancelable', message, 'outbound_payment_not_cancelable');
  }
  moveMoney(turn, payment, outcome);
  payment.status = outcome;
  payment.cancelable = false;
  payment.status_transitions = { ...payment.status_transitions, [`${outcome}_at`]: isoInstant(turn.nowSeconds) };
  if (outcome === 'failed') payment.status_details = { failed: { reason: 'payout_method_declined' } };
  if (outcome === 'returned') payment.status_details = { returned: { reason: 'payout_method_closed' } };
  if (outcome !== 'posted') delete payment.expected_arrival_date;
  turn.store.replace(outboundPayments, payment);
  const related = { id, type: 'v2.money_management.outbound_payment', url: `${outboundPaymentPath}/${id}` };
  emitThin(turn, `v2.money_management.outbound_payment.${outcome}`, related, {});
  return payment;
}

function moveMoney(turn: Turn, { id, amount, from, description }: OutboundPayment, outcome: Outcome): void {
  switch (outcome) {
    case 'posted':
      settleStorage(turn, id);
      return;
    case 'failed':
    case 'canceled':
      voidStorage(turn, id);
      return;
    case 'returned':
      moveStorage(turn, {
        financialAccountId: from.financial_account,
        cents: amount.value,
        category: 'outbound_payment_reversal',
        flow: { outbound_payment: id, type: 'outbound_payment' },
        status: 'posted',
        description,
      });
  }
}
