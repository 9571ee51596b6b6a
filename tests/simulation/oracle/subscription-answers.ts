// E3, E4: what supporters are answered who ask for a subscription, or for a change of theirs, by the deeds before.
import type { Deed } from '../deed.ts';
import { cutoffOf, monthAt, secondsBetween, startOf } from './calendar.ts';
import type { Verdict } from './plan-answers.ts';
import { isFirstMonthBilled, proratedCents, type Subscriptions } from './subscriptions.ts';

/** A deed about a subscription that the product answers. */
export type SubscriptionDeed = Extract<
  Deed,
  { kind: 'subscribed' | 'subscription_changed' | 'subscription_cancelled' | 'subscription_resumed' }
>;

/** What a deed about a subscription is answered. */
export function foretellSubscription(subscriptions: Subscriptions, deed: SubscriptionDeed): ReadonlySet<Verdict> {
  switch (deed.kind) {
    case 'subscribed':
      return onSubscribing(subscriptions, deed);
    case 'subscription_changed':
      return onChange(subscriptions, deed);
    case 'subscription_cancelled':
    case 'subscription_resumed':
      return new Set([subscriptions.has(deed.userId) ? 'accepted' : 'no_subscription']);
  }
}

/**
 * What may be charged in a month that runs: a raise that waits, the month's renewal, the first part of a first month. Null
 * for what is of another month or of a subscription that has ended: Stripe may still collect it, and it goes back (E7).
 */
export function chargesDue(
  subscriptions: Subscriptions,
  { userId, parts, at }: Extract<Deed, { kind: 'paid' }>,
): readonly number[] | null {
  const subscription = subscriptions.get(userId);
  const last = parts.findLast(({ cents }) => cents > 0);
  if (subscription === undefined || last === undefined || at >= cutoffOf(monthAt(last.from))) return null;
  const { startedAt, raise, nowCents, nextCents } = subscription;
  if (secondsBetween(last.from, startedAt) >= 1) return null;
  const isFirstMonth = monthAt(startedAt) === monthAt(last.from);
  const isWhole = last.from === startOf(monthAt(last.from));
  return [
    ...(raise === null ? [] : [raise.totalCents]),
    ...(isFirstMonth && nowCents === 0 ? [proratedCents(nextCents, startedAt)] : []),
    ...(isWhole && !isFirstMonth ? [nowCents] : []),
  ];
}

/** A card that does not pay is refused, unless there is nothing to pay yet. */
function onSubscribing(
  subscriptions: Subscriptions,
  deed: Extract<Deed, { kind: 'subscribed' }>,
): ReadonlySet<Verdict> {
  const { userId, card, by } = deed;
  if (subscriptions.has(userId)) return new Set(['already_subscribed']);
  // Near the month's end no page is opened, nor as long as an earlier one may still be paid.
  if (by === 'checkout') return new Set(['accepted', 'busy']);
  if (card === 'is_declined') return new Set(['payment_failed']);
  const isPaying = card !== 'fails' && card !== 'authenticates';
  return new Set([isFirstMonthBilled(deed) && !isPaying ? 'payment_failed' : 'accepted']);
}

/** Above what is billed for the month it is a raise, which waits for the month to be paid. */
function onChange(
  subscriptions: Subscriptions,
  { userId, monthlyCents, from }: Extract<Deed, { kind: 'subscription_changed' }>,
): ReadonlySet<Verdict> {
  const subscription = subscriptions.get(userId);
  if (subscription === undefined) return new Set(['no_subscription']);
  const { nowCents, openCents, isPastDue } = subscription;
  const isRaise = from === 'now' && monthlyCents > nowCents;
  return new Set([isRaise && (openCents > 0 || isPastDue) ? 'payment_pending' : 'accepted']);
}
