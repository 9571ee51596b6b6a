import { type Cents, cents, type ReversalKind, sumCents } from '@wewrite/contracts';
import type Stripe from 'stripe';
import { z } from 'zod';
import { instantOf } from '../stripe/seconds.ts';

/** What Stripe can tell of a payment that was made. */
export type FactKind = Exclude<ReversalKind, 'operator'>;

/** Something that happened to a payment at Stripe: it has its own time, and happens once. */
export interface PaymentFact {
  /** Of what it moved in the balance; a dispute that is lost moves nothing, and is named after itself. */
  readonly id: string;
  readonly kind: FactKind;
  /** The refund or dispute. */
  readonly objectId: string;
  readonly paymentIntentId: string;
  /** Our order, when we asked for the refund. */
  readonly refundOrderId: string | null;
  /** Above 0. */
  readonly amountCents: Cents;
  /** What Stripe took for it; negative when it gave a fee back. */
  readonly feeCents: Cents;
  readonly at: Date;
}

/** A movement of the balance, as far as facts need it. */
export interface Movement {
  readonly id: string;
  readonly feeCents: Cents;
  readonly createdAt: Date;
}

/** The refund's metadata that name our order, and which attempt of it. */
export const orderIdKey = 'refund_order_id';
export const orderAttemptKey = 'refund_order_attempt';

/** A refund that names an order of ours and that will not reach anybody: it failed, or was canceled before it was sent. */
export interface FailedRefund {
  readonly refundId: string;
  readonly orderId: string;
  /** Null when the metadata do not tell it. */
  readonly attempt: number | null;
  readonly failure: string;
}

/** True of a refund that gives nothing back, whatever it did before. */
export function hasFailed({ status }: Pick<Stripe.Refund, 'status'>): boolean {
  return status === 'failed' || status === 'canceled';
}

/** Null for a refund that has not failed, or is of no order. */
export function failedRefundOf(
  refund: Pick<Stripe.Refund, 'id' | 'status' | 'metadata' | 'failure_reason'>,
): FailedRefund | null {
  const orderId = orderIdOf(refund);
  if (orderId === null || !hasFailed(refund)) return null;
  const attempt = z.coerce.number().int().positive().safeParse(refund.metadata?.[orderAttemptKey]).data ?? null;
  return { refundId: refund.id, orderId, attempt, failure: refund.failure_reason ?? String(refund.status) };
}

/**
 * What a refund has done. It counts when it moves money: one that is pending for lack of money has done nothing, one that
 * failed has given it back.
 */
export function factsOfRefund(
  refund: Pick<Stripe.Refund, 'id' | 'amount' | 'metadata'>,
  paymentIntentId: string,
  { sent, failed }: { sent: Movement | null; failed: Movement | null },
): readonly PaymentFact[] {
  const common = {
    objectId: refund.id,
    paymentIntentId,
    refundOrderId: orderIdOf(refund),
    amountCents: cents(refund.amount),
  };
  const factOf = (kind: FactKind, movement: Movement | null) =>
    movement === null
      ? []
      : [{ ...common, kind, id: movement.id, feeCents: movement.feeCents, at: movement.createdAt }];
  return [...factOf('refund', sent), ...factOf('refund_failed', failed)];
}

/** The order that the metadata names; they are anybody's text, and what is no id names none. */
function orderIdOf({ metadata }: Pick<Stripe.Refund, 'metadata'>): string | null {
  return z.guid().safeParse(metadata?.[orderIdKey]).data ?? null;
}

/**
 * What a dispute has done, by its balance transactions: an inquiry has none. That it is lost is told by its status only,
 * and not when; what was taken then stays taken.
 */
export function factsOfDispute(
  dispute: Pick<Stripe.Dispute, 'id' | 'status' | 'balance_transactions'>,
  paymentIntentId: string,
  readAt: Date,
): readonly PaymentFact[] {
  const common = { objectId: dispute.id, paymentIntentId, refundOrderId: null };
  const moved = [...dispute.balance_transactions]
    .sort((a, b) => a.created - b.created)
    .filter(({ amount }) => amount !== 0)
    .map(
      ({ id, amount, fee, created }): PaymentFact => ({
        ...common,
        id,
        kind: amount < 0 ? 'dispute_opened' : 'dispute_won',
        amountCents: cents(Math.abs(amount)),
        feeCents: cents(fee),
        at: instantOf(created),
      }),
    );
  const opened = moved.slice(moved.findLastIndex(({ kind }) => kind === 'dispute_won') + 1);
  const last = opened.at(-1);
  if (dispute.status !== 'lost' || last === undefined) return moved;
  const amountCents = sumCents(opened.map((each) => each.amountCents));
  // Our clock may be behind Stripe's.
  const at = readAt > last.at ? readAt : last.at;
  return [...moved, { ...last, id: `lost:${dispute.id}`, kind: 'dispute_lost', amountCents, feeCents: cents(0), at }];
}
