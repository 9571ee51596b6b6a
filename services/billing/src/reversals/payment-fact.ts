import { type Cents, cents, type ReversalKind } from '@wewrite/contracts';
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

/** The refund's metadata that names our order. */
export const orderIdKey = 'refund_order_id';

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
  const last = moved.at(-1);
  if (dispute.status !== 'lost' || last?.kind !== 'dispute_opened') return moved;
  const { amountCents } = last;
  const id = `lost:${dispute.id}`;
  return [...moved, { ...common, id, kind: 'dispute_lost', amountCents, feeCents: cents(0), at: readAt }];
}
