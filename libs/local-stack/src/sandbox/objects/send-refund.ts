import { z } from 'zod';
import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { availableCents, post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import { charges } from './charge.ts';
import { behaviourOf, paymentMethods } from './payment-method.ts';
import { type Refund, refunds, requireRefund } from './refund.ts';

const manyRefunds = 10_000;

/** Pays a refund out. It has succeeded, as far as is known: a bank that cannot take it says so later. */
export function sendRefund(turn: Turn, refund: Refund): void {
  refund.status = 'succeeded';
  delete refund.pending_reason;
  refund.balance_transaction = move(turn, refund, 'refund');
  turn.store.replace(refunds, refund);
  const card = turn.store.find(paymentMethods, String(refund.payment_method));
  if (card !== undefined && behaviourOf(card) === 'pays_refunds_fail') {
    schedule(turn, turn.nowSeconds, 'fail_refund', refund.id);
  }
}

/** Due step, whenever money has become available: the refunds that waited for it, oldest first. */
export function sendPendingRefunds(turn: Turn): void {
  const waiting = turn.store.list(refunds, { equals: { status: 'pending' } }, manyRefunds).reverse();
  for (const refund of waiting) {
    if (refund.amount > availableCents(turn)) return;
    sendRefund(turn, refund);
    emit(turn, 'refund.updated', refund, { previous: { status: 'pending' } });
  }
}

/** Due step: the bank gives a refund back. The money is in the payments balance again. */
export function failRefund(turn: Turn, id: string): void {
  const refund = requireRefund(turn, id);
  if (refund.status !== 'succeeded') return;
  refund.status = 'failed';
  refund.failure_reason = 'expired_or_canceled_card';
  refund.failure_balance_transaction = move(turn, refund, 'refund_failure');
  turn.store.replace(refunds, refund);
  takeFromCharge(turn, refund);
  emit(turn, 'refund.updated', refund, { previous: { status: 'succeeded' } });
  emit(turn, 'refund.failed', refund);
}

/** How a refund ends that has not reached anybody: its bank gives it back, or it is canceled while it waits for money. */
export const refundOutcome = z.strictObject({ outcome: z.enum(['failed', 'canceled']) });

/** Ends a refund on demand. */
export function endRefund(turn: Turn, id: string, { outcome }: z.output<typeof refundOutcome>): Refund {
  const refund = requireRefund(turn, id);
  const endable = outcome === 'failed' ? 'succeeded' : 'pending';
  if (refund.status !== endable) throw refused(`The refund is ${refund.status}.`);
  if (outcome === 'failed') failRefund(turn, id);
  else cancelRefund(turn, refund);
  return requireRefund(turn, id);
}

function cancelRefund(turn: Turn, refund: Refund): void {
  refund.status = 'canceled';
  turn.store.replace(refunds, refund);
  takeFromCharge(turn, refund);
  emit(turn, 'refund.updated', refund, { previous: { status: 'pending' } });
}

/** What did not reach the customer can be refunded again. */
function takeFromCharge(turn: Turn, refund: Refund): void {
  const charge = turn.store.find(charges, String(refund.charge));
  if (charge === undefined) return;
  charge.amount_refunded -= refund.amount;
  charge.refunded = false;
  turn.store.replace(charges, charge);
}

/** Gives the balance transaction's id. */
function move(turn: Turn, refund: Refund, type: 'refund' | 'refund_failure'): string {
  const transaction = newBalanceTransaction(turn, {
    type,
    source: refund.id,
    amountCents: type === 'refund' ? -refund.amount : refund.amount,
    feeCents: 0,
    currency: refund.currency,
    availableOn: turn.nowSeconds,
    description: type === 'refund' ? 'REFUND FOR CHARGE' : 'REFUND FAILURE',
  });
  post(turn, transaction);
  return transaction.id;
}
