// E3: what supporters' subscriptions cost and bill, so that the budget of a month can be expected before it is paid.
import type { Deed, InvoicePart } from '../deed.ts';
import { halfUp, sumOf } from './arithmetic.ts';
import { cutoffOf, monthAt, secondsBetween, startOf } from './calendar.ts';

/** Below this Stripe charges nothing. */
const leastChargeCents = 50;

/** A subscription that has begun and not ended. */
interface Subscription {
  readonly startedAt: string;
  /** What the running month is billed at; 0 in a first month that is free, or before it is paid. */
  nowCents: number;
  nextCents: number;
  isCancelled: boolean;
  /** What was last billed of the running month, for the rest of it. */
  lastDebit: InvoicePart | null;
  /** A raise whose invoice is not paid. */
  raise: { readonly monthlyCents: number; readonly totalCents: number } | null;
  /** What the running month's renewal comes to as long as it is not paid. */
  openCents: number;
  /** An earlier renewal was never paid, and none has been since. */
  isPastDue: boolean;
}

/** Live subscriptions by supporter. */
export type Subscriptions = Map<string, Subscription>;

/** Takes in what was accepted of a deed about a subscription, or about its payments. */
export function applyToSubscriptions(subscriptions: Subscriptions, deed: Deed): void {
  if (deed.answer.outcome !== 'accepted') return;
  if (deed.kind === 'subscribed') begin(subscriptions, deed);
  if (!('userId' in deed)) return;
  const subscription = subscriptions.get(deed.userId);
  if (subscription === undefined) return;
  switch (deed.kind) {
    case 'subscription_changed':
      change(subscription, deed);
      return;
    case 'subscription_cancelled':
      subscription.isCancelled = true;
      return;
    case 'subscription_resumed':
      subscription.isCancelled = false;
      return;
    case 'subscription_ended':
      subscriptions.delete(deed.userId);
      return;
    case 'renewal_given_up':
      subscription.isPastDue = true;
      subscription.openCents = 0;
      return;
    case 'paid':
      pay(subscription, deed);
      return;
    default:
  }
}

/** The 1st: who has cancelled has no subscription any more, everybody else is to pay what was last agreed. */
export function renewAll(subscriptions: Subscriptions): void {
  for (const [userId, subscription] of [...subscriptions]) {
    if (subscription.isCancelled) subscriptions.delete(userId);
    subscription.isPastDue ||= subscription.openCents > 0;
    subscription.nowCents = subscription.nextCents;
    subscription.openCents = subscription.nextCents;
    subscription.lastDebit = null;
    subscription.raise = null;
  }
}

/** What of the running month is still to be paid: its renewal. */
export function expectedCents(subscriptions: Subscriptions, userId: string): number {
  return subscriptions.get(userId)?.openCents ?? 0;
}

/** What is expected of the months after the running one. */
export function comingCents(subscriptions: Subscriptions, userId: string): number {
  const subscription = subscriptions.get(userId);
  return subscription === undefined || subscription.isCancelled ? 0 : subscription.nextCents;
}

/** What a monthly amount comes to from an instant to the end of its month, by the second, halves up. */
export function proratedCents(monthlyCents: number, from: string): number {
  const month = monthAt(from);
  const end = cutoffOf(month);
  return halfUp(monthlyCents, secondsBetween(from, end), secondsBetween(startOf(month), end));
}

/** What a raise is invoiced at: the rest of the month at the new amount, less the rest of what was last billed. */
export function raiseCents(monthlyCents: number, lastDebit: InvoicePart | null, at: string): number {
  const newCents = proratedCents(monthlyCents, at);
  if (lastDebit === null) return newCents;
  const { cents, from, to } = lastDebit;
  return newCents - halfUp(cents, secondsBetween(at, to), secondsBetween(from, to));
}

/** E3: the rest of the month is free when it comes to less than Stripe charges. */
export function isFirstMonthBilled({
  monthlyCents,
  at,
}: {
  readonly monthlyCents: number;
  readonly at: string;
}): boolean {
  return proratedCents(monthlyCents, at) >= leastChargeCents;
}

function begin(subscriptions: Subscriptions, deed: Extract<Deed, { kind: 'subscribed' }>): void {
  const { userId, monthlyCents, at } = deed;
  subscriptions.set(userId, {
    startedAt: at,
    nowCents: 0,
    nextCents: monthlyCents,
    isCancelled: false,
    lastDebit: null,
    raise: null,
    openCents: 0,
    isPastDue: false,
  });
}

function change(subscription: Subscription, deed: Extract<Deed, { kind: 'subscription_changed' }>): void {
  const { monthlyCents, from, at } = deed;
  const isAskedAgain = from === 'now' && subscription.raise?.monthlyCents === monthlyCents;
  if (isAskedAgain) return;
  subscription.raise = null;
  const totalCents = raiseCents(monthlyCents, subscription.lastDebit, at);
  const isRaise = from === 'now' && monthlyCents > subscription.nowCents && totalCents >= leastChargeCents;
  if (isRaise) subscription.raise = { monthlyCents, totalCents };
  else subscription.nextCents = monthlyCents;
}

/** A renewal is paid, or the first part of a month, or a raise: then its amount holds. What is of a month that is over (E7) is not. */
function pay(subscription: Subscription, { parts, at }: Extract<Deed, { kind: 'paid' }>): void {
  const { raise, startedAt, nextCents, openCents } = subscription;
  const last = parts.findLast(({ cents }) => cents > 0);
  if (last === undefined || last.to !== cutoffOf(monthAt(last.from)) || at >= last.to) return;
  // Of a subscription that has ended since.
  if (secondsBetween(last.from, startedAt) >= 1) return;
  if (raise !== null && sumOf(parts.map(({ cents }) => cents)) === raise.totalCents) {
    subscription.nowCents = raise.monthlyCents;
    subscription.nextCents = raise.monthlyCents;
    subscription.raise = null;
  } else if (last.from === startOf(monthAt(last.from)) && last.cents === openCents) {
    subscription.openCents = 0;
    subscription.isPastDue = false;
  } else if (monthAt(last.from) === monthAt(startedAt)) subscription.nowCents = nextCents;
  subscription.lastDebit = last;
}
