import { type Cents, cents, zeroCents } from '@wewrite/contracts';

/** What decides how much revenue may leave Stripe, in the ledger. */
export interface RevenuePosition {
  /** Fees, processing fees and unallocated money, less Stripe's fees and losses, of all months. */
  readonly earnedCents: Cents;
  /** What writers owe: it was paid to them out of the balance that revenue is in. */
  readonly receivableCents: Cents;
  /** Held back by Stripe for open disputes: until they are decided, it may be ours to bear. */
  readonly disputedCents: Cents;
  /** What has been paid to the platform's bank so far. */
  readonly withdrawnCents: Cents;
  /** Available in the payments balance. */
  readonly paymentsCents: Cents;
  /** Owed to writers and not yet in storage or on its way there: that money is not ours to take. */
  readonly uncoveredCents: Cents;
}

/** B8: what is earned above the retained amount, not lent to others and not withdrawn yet, as far as it is there; 0 when nothing is. */
export function withdrawableCents(position: RevenuePosition, retainedCents: number): Cents {
  const { earnedCents, receivableCents, disputedCents, withdrawnCents, paymentsCents, uncoveredCents } = position;
  const dueCents = earnedCents - receivableCents - disputedCents - withdrawnCents - retainedCents;
  const thereCents = paymentsCents - Math.max(0, uncoveredCents);
  return cents(Math.max(zeroCents, Math.min(dueCents, thereCents)));
}
