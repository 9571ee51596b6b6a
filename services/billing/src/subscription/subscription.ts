import {
  type Cents,
  cents,
  cutoffOf,
  firstInstantOf,
  type Month,
  month as monthFrom,
  monthOf,
  multiplyHalfUp,
  nextMonth,
} from '@wewrite/contracts';
import type Stripe from 'stripe';
import { instantOf } from '../stripe/seconds.ts';

/** `creating`: asked for, perhaps already made at Stripe; `refused`: never made; `ended`: over for good (E2). */
export type SubscriptionState = 'creating' | 'refused' | 'active' | 'past_due' | 'ended';

/** Below this Stripe charges nothing and carries the debt over. */
export const minimumChargeCents = 50;

/** What a month costs: one amount until `nextFrom`, another from then on. */
export interface Amounts {
  readonly monthlyCents: Cents;
  readonly nextCents: Cents;
  readonly nextFrom: Month;
}

/** The amount that holds in a month. */
export function amountIn(amounts: Amounts, month: Month): Cents {
  return month >= amounts.nextFrom ? amounts.nextCents : amounts.monthlyCents;
}

/**
 * The amounts after a reading: the running month costs what Stripe has billed for it, else what it did before; the next
 * takes the price (E3).
 */
export function amountsWith(
  amounts: Amounts,
  { priceCents, billed }: Pick<SubscriptionReading, 'priceCents' | 'billed'>,
  now: Date,
): Amounts {
  const thisMonth = monthOf(now);
  const knownCents = amountIn(amounts, thisMonth);
  const monthlyCents = billed?.month === thisMonth ? billed.monthlyCents : knownCents;
  if (priceCents === amounts.nextCents && monthlyCents === knownCents) return amounts;
  return { monthlyCents, nextCents: priceCents, nextFrom: nextMonth(thisMonth) };
}

/** The part of a first month that is left at `now`, by time, rounded half up (E3). */
export function firstPartCents(monthlyCents: Cents, now: Date): Cents {
  const month = monthOf(now);
  const whole = cutoffOf(month).getTime() - firstInstantOf(month).getTime();
  return multiplyHalfUp(monthlyCents, cutoffOf(month).getTime() - now.getTime(), whole);
}

/** A first partial month below Stripe's minimum charge is free (E3). */
export function isFirstMonthFree(monthlyCents: Cents, now: Date): boolean {
  return firstPartCents(monthlyCents, now) < minimumChargeCents;
}

/** The price of a month, as Stripe is told. */
export function priceDataOf(product: string, monthlyCents: number) {
  return { currency: 'usd', product, unit_amount: monthlyCents, recurring: { interval: 'month' as const } };
}

/** The amounts of a stored subscription. */
export function amountsOf(row: { monthly_cents: number; next_cents: number; next_from: string }): Amounts {
  return {
    monthlyCents: cents(row.monthly_cents),
    nextCents: cents(row.next_cents),
    nextFrom: monthFrom(row.next_from),
  };
}

/** A subscription at Stripe, as far as we follow it. */
export interface SubscriptionReading {
  readonly stripeId: string;
  readonly stripeItemId: string;
  /** Our id, from the metadata; null for a subscription that we did not make. */
  readonly ownId: string | null;
  readonly state: 'creating' | 'active' | 'past_due' | 'ended';
  readonly priceCents: Cents;
  /** What the newest invoice bills a month at: a raise only once it is paid (E3). */
  readonly billed: { readonly month: Month; readonly monthlyCents: Cents } | null;
  /** A raise that waits for the payment of the newest invoice. */
  readonly waitingRaise: WaitingRaise | null;
  readonly startedAt: Date;
  readonly cancelAt: Date | null;
  readonly endedAt: Date | null;
}

export interface WaitingRaise {
  readonly monthlyCents: Cents;
  readonly invoiceId: string;
  readonly expiresAt: Date;
}

/** The metadata key under which Stripe keeps our id of a subscription. */
export const ownIdKey = 'subscription_id';

/** How a subscription begins, as Stripe is told when it is made and in a checkout (E3). */
export function beginningOf(row: { id: string; user_id: string; first_month_free: boolean }) {
  return {
    billing_mode: { type: 'flexible' as const },
    billing_cycle_anchor_config: { day_of_month: 1, hour: 0, minute: 0, second: 0 },
    proration_behavior: row.first_month_free ? ('none' as const) : ('create_prorations' as const),
    metadata: { [ownIdKey]: row.id, user_id: row.user_id },
  };
}

/** The idempotency key of a step of a subscription's making: the same row and attempt give the same key. */
export function keyOf(row: { id: string; attempt: number }, step: string): string {
  return `subscription-${row.id}-${row.attempt}-${step}`;
}

/** What a subscription has to be read with, for {@link readingOf}. */
export const readingExpansions = ['latest_invoice'];

/** Reads Stripe's object; an Error when it is not one of the kind that we make: one item with a fixed price. */
export function readingOf(subscription: Stripe.Subscription): SubscriptionReading {
  const [item] = subscription.items.data;
  if (item === undefined || item.price.unit_amount === null) {
    throw new Error(`subscription ${subscription.id} has no item with a fixed price`);
  }
  return {
    stripeId: subscription.id,
    stripeItemId: item.id,
    ownId: subscription.metadata[ownIdKey] ?? null,
    state: stateOf(subscription.status),
    priceCents: cents(item.price.unit_amount),
    billed: billedBy(subscription.latest_invoice),
    waitingRaise: waitingRaiseOf(subscription),
    startedAt: instantOf(subscription.start_date),
    cancelAt: subscription.cancel_at === null ? null : instantOf(subscription.cancel_at),
    endedAt: subscription.ended_at === null ? null : instantOf(subscription.ended_at),
  };
}

function billedBy(invoice: Stripe.Subscription['latest_invoice']): SubscriptionReading['billed'] {
  if (invoice === null) return null;
  if (typeof invoice === 'string') throw new Error(`invoice ${invoice} was not read with its subscription`);
  if (invoice.billing_reason === 'subscription_update' && invoice.status !== 'paid') return null;
  const line = invoice.lines.data.find(({ amount }) => amount > 0);
  const price = line?.pricing?.unit_amount_decimal;
  if (line === undefined || price === undefined || price === null) return null;
  return { month: monthOf(instantOf(line.period.start)), monthlyCents: cents(Number(String(price))) };
}

function waitingRaiseOf({
  pending_update: update,
  latest_invoice: invoice,
}: Stripe.Subscription): SubscriptionReading['waitingRaise'] {
  const price = update?.subscription_items?.[0]?.price.unit_amount;
  if (update === null || price === undefined || price === null || invoice === null) return null;
  return {
    monthlyCents: cents(price),
    invoiceId: typeof invoice === 'string' ? invoice : invoice.id,
    expiresAt: instantOf(update.expires_at),
  };
}

/** Stripe's statuses in our words; a subscription that is given up stays `past_due` until it is paid or cancelled (E4). */
function stateOf(status: Stripe.Subscription.Status): SubscriptionReading['state'] {
  switch (status) {
    case 'active':
    case 'trialing':
      return 'active';
    case 'past_due':
    case 'unpaid':
    case 'paused':
      return 'past_due';
    case 'canceled':
    case 'incomplete_expired':
      return 'ended';
    case 'incomplete':
      return 'creating';
    default:
      throw new Error(`unknown status of a subscription: ${status}`);
  }
}
