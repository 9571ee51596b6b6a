import { type Cents, monthOf, zeroCents } from '@wewrite/contracts';
import { type Amounts, amountIn, type SubscriptionState } from './subscription.ts';

/**
 * `checking`: what Stripe would invoice is being asked; `sending`: Stripe may know it; `unclear`: Stripe failed, and would
 * fail the same way under the same key; `abandoned`: left for another change, once its outcome was read.
 */
export type ChangeState = 'checking' | 'sending' | 'unclear' | 'done' | 'refused' | 'abandoned';

/** Another amount, now or from the next month on. */
export interface AmountWish {
  readonly asked: 'now' | 'next_month';
  readonly monthlyCents: Cents;
}

/** What a supporter asks of the subscription that they have. */
export type Wish = AmountWish | { readonly asked: 'cancel' | 'resume' };

/** What is known of a subscription's invoices for the running month. */
export interface MonthInvoices {
  readonly isAnyOpen: boolean;
  readonly isAnyPaid: boolean;
}

/** The part of a subscription that decides what a change of its amount does. */
export interface ChangeableSubscription {
  readonly state: SubscriptionState;
  readonly amounts: Amounts;
  readonly isFirstMonthFree: boolean;
  readonly startedAt: Date | null;
}

/**
 * When another amount takes effect (E3): above what is billed for the month it is a `raise`, which is invoiced at once,
 * but not while the month is unpaid (`payment_pending`); anything else holds from the 1st.
 */
export function effectOf(
  wish: AmountWish,
  subscription: ChangeableSubscription,
  invoices: MonthInvoices,
  now: Date,
): 'raise' | 'from_the_first' | 'payment_pending' {
  if (wish.asked === 'next_month') return 'from_the_first';
  const thisMonth = monthOf(now);
  const { startedAt, state, amounts, isFirstMonthFree } = subscription;
  const isFree = isFirstMonthFree && startedAt !== null && monthOf(startedAt) === thisMonth && !invoices.isAnyPaid;
  const billedCents = isFree ? zeroCents : amountIn(amounts, thisMonth);
  if (wish.monthlyCents <= billedCents) return 'from_the_first';
  const isPaid = !invoices.isAnyOpen && (invoices.isAnyPaid || isFree);
  return isPaid && state === 'active' ? 'raise' : 'payment_pending';
}

/** Whether a change that was not finished is what is asked for again. */
export function isSameWish(
  wish: Wish,
  change: { readonly asked: Wish['asked']; readonly monthly_cents: number | null },
) {
  return wish.asked === change.asked && ('monthlyCents' in wish ? wish.monthlyCents : null) === change.monthly_cents;
}
