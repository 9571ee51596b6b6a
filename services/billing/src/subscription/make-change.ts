// E3: a change of a subscription is one call to Stripe, outside of any transaction. A raise is previewed first: what would
// come to less than Stripe's minimum charge waits for the 1st. What Stripe then says the subscription is, is applied.
import { cutoffOf, firstInstantOf, monthOf, type UserId } from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import { isDefiniteRefusal, isReplayedFailure } from '@wewrite/service-kit/stripe';
import Stripe from 'stripe';
import type { BillingContext } from '../context.ts';
import { readAndApply } from '../funding/read-and-apply.ts';
import { refusalOf } from '../stripe/refusal-of.ts';
import { instantOf, secondsOf } from '../stripe/seconds.ts';
import type { AmountWish, Wish } from './change.ts';
import {
  abandonChange,
  endCheck,
  holdChange,
  isUnderWay,
  leftoverOf,
  liveSubscription,
  moveChange,
  type RecordedChange,
  recordChange,
  unpaidInvoices,
} from './record-change.ts';
import { minimumChargeCents, priceDataOf, readingExpansions } from './subscription.ts';
import { applySubscription, syncSubscription } from './sync-subscription.ts';

/**
 * Makes what a supporter asks of their subscription. Refuses `no_subscription`, `payment_pending`, `busy`,
 * `payment_failed` and `unavailable`; after the last, the same request goes on where this one stopped.
 */
export async function makeChange(context: BillingContext, userId: UserId, wish: Wish): Promise<void> {
  try {
    await change(context, userId, wish).catch((error: unknown) => refuseEnded(context, userId, error));
  } catch (error) {
    throw refusalOf(error);
  }
}

async function change(context: BillingContext, userId: UserId, wish: Wish): Promise<void> {
  await readLeftover(context, userId, wish);
  if ('monthlyCents' in wish && (await makeWay(context, userId, wish)) === 'asked_for') return;
  const recorded = await recordOnceRead(context, userId, wish);
  await send(context, recorded.change.state === 'checking' ? await checkRaise(context, recorded) : recorded);
}

/** What Stripe finds not valid may have ended there without our having heard of it: then there is none that can be changed. */
async function refuseEnded(context: BillingContext, userId: UserId, error: unknown): Promise<never> {
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    const { stripe_id: stripeId } = await liveSubscription(context, userId);
    if (stripeId !== null) await syncSubscription(context, stripeId);
    await liveSubscription(context, userId);
  }
  throw error;
}

/** What became of a change that nobody finished is read from Stripe before another one is decided. */
async function readLeftover(context: BillingContext, userId: UserId, wish: Wish): Promise<void> {
  const row = await liveSubscription(context, userId);
  const leftover = await leftoverOf(context, row.id, wish);
  if (leftover === null || row.stripe_id === null) return;
  await syncSubscription(context, row.stripe_id);
  await abandonChange(context, leftover);
}

/**
 * Another amount takes the place of a raise that waits for its payment: its invoice is voided, and Stripe drops the raise.
 * One whose answer was lost may be what this request goes on with, and stays; so does one that is just what is
 * asked for: there is nothing to do then.
 */
async function makeWay(context: BillingContext, userId: UserId, wish: AmountWish): Promise<'asked_for' | 'clear'> {
  const row = await liveSubscription(context, userId);
  const { id, stripe_id: stripeId, raise_invoice_id: invoiceId } = row;
  if (invoiceId === null || stripeId === null || (await isUnderWay(context, id))) return 'clear';
  if (wish.asked === 'now' && row.raise_cents === wish.monthlyCents) return 'asked_for';
  await withdrawRaise(context, id, invoiceId);
  await syncSubscription(context, stripeId);
  return 'clear';
}

/** What became of the invoice is taken in at once: as long as it counts as open, no other raise is made. */
async function withdrawRaise(context: BillingContext, id: string, invoiceId: string): Promise<void> {
  // Voiding twice does no harm, so each try has its own key: a failure is not replayed.
  const idempotencyKey = `subscription-${id}-withdraw-${context.ids.next()}`;
  await context.stripe
    .call('invoices.voidInvoice', invoiceId, (sdk) => sdk.invoices.voidInvoice(invoiceId, {}, { idempotencyKey }))
    .catch((error: unknown) => {
      // It was paid or voided in this moment: the reading tells.
      if (!isDefiniteRefusal(error)) throw error;
    });
  await readAndApply(context, [invoiceId]);
}

/** That the month is not paid is said only once Stripe was asked: what it has told us of that may still be under way. */
async function recordOnceRead(context: BillingContext, userId: UserId, wish: Wish): Promise<RecordedChange> {
  try {
    return await recordChange(context, userId, wish);
  } catch (error) {
    if (!(error instanceof Refusal && error.code === 'payment_pending')) throw error;
  }
  const { id, stripe_id: stripeId } = await liveSubscription(context, userId);
  await readAndApply(context, await unpaidInvoices(context, id, monthOf(context.clock.now())));
  if (stripeId !== null) await syncSubscription(context, stripeId);
  return recordChange(context, userId, wish);
}

async function checkRaise(context: BillingContext, recorded: RecordedChange): Promise<RecordedChange> {
  const { change, stripeId } = recorded;
  const details = await amountChangeOf(context, recorded);
  const preview = await context.stripe
    .call('invoices.createPreview', stripeId, (sdk) =>
      sdk.invoices.createPreview({ subscription: stripeId, subscription_details: details }),
    )
    .catch((error: unknown) => endFailed(context, recorded, error));
  const isRaise = preview.total >= minimumChargeCents;
  if (isRaise) assertWithinMonth(preview.lines.data, change.prorated_from ?? context.clock.now());
  return { ...recorded, change: await endCheck(context, change, isRaise ? change.prorated_from : null) };
}

/** What a raise is invoiced for lies in its month, or the invoice would fund none (E1). */
function assertWithinMonth(lines: readonly Stripe.InvoiceLineItem[], at: Date): void {
  const month = monthOf(at);
  const isWithin = ({ period }: Stripe.InvoiceLineItem) =>
    instantOf(period.start) >= firstInstantOf(month) && instantOf(period.end) <= cutoffOf(month);
  if (lines.every(isWithin)) return;
  throw new Refusal('busy', 'The month is turning: try again in a minute.');
}

async function send(context: BillingContext, recorded: RecordedChange): Promise<void> {
  const { change, stripeId, version, isResumed } = recorded;
  const changes = await changesOf(context, recorded);
  await holdChange(context, change);
  const idempotencyKey = `subscription-${change.subscription_id}-change-${change.number}`;
  const subscription = await context.stripe
    .call('subscriptions.update', stripeId, (sdk) =>
      sdk.subscriptions.update(stripeId, { ...changes, expand: readingExpansions }, { idempotencyKey }),
    )
    .catch((error: unknown) => endFailed(context, recorded, error));
  // What a repeated call answers may be as old as the first one.
  const isApplied = !isResumed && (await applySubscription(context, subscription, version)) !== 'stale';
  if (!isApplied) await syncSubscription(context, stripeId);
  await moveChange(context, change, 'done');
}

/** A change that Stripe refuses is over; one whose key would fail again is read before the next. */
async function endFailed(context: BillingContext, { change }: RecordedChange, error: unknown): Promise<never> {
  if (isDefiniteRefusal(error)) await moveChange(context, change, 'refused');
  if (isReplayedFailure(error)) await moveChange(context, change, 'unclear');
  const isOfAnotherMonth =
    error instanceof Stripe.errors.StripeInvalidRequestError && error.param?.includes('proration_date') === true;
  throw isOfAnotherMonth ? new Refusal('busy', 'The month has turned meanwhile: try again.') : error;
}

async function changesOf(context: BillingContext, recorded: RecordedChange): Promise<Stripe.SubscriptionUpdateParams> {
  const { change } = recorded;
  switch (change.asked) {
    case 'now':
    case 'next_month': {
      const changes = await amountChangeOf(context, recorded);
      return change.prorated_from === null ? changes : { ...changes, payment_behavior: 'pending_if_incomplete' };
    }
    case 'cancel':
      return { cancel_at_period_end: true };
    case 'resume':
      return undoCancellation(context, recorded.stripeId);
    default:
      return change.asked satisfies never;
  }
}

/** The item's new price: invoiced at once from an instant on, or taken by the next renewal. */
async function amountChangeOf(context: BillingContext, { change, itemId }: RecordedChange) {
  const product = await context.productId();
  const items = [{ id: itemId, price_data: priceDataOf(product, change.monthly_cents ?? 0) }];
  return change.prorated_from === null
    ? { items, proration_behavior: 'none' as const }
    : { items, proration_behavior: 'always_invoice' as const, proration_date: secondsOf(change.prorated_from) };
}

/** A cancellation is undone in the way it was made: Stripe's portal may set an instant instead of the period's end. */
async function undoCancellation(context: BillingContext, stripeId: string): Promise<Stripe.SubscriptionUpdateParams> {
  const subscription = await context.stripe.call('subscriptions.retrieve', stripeId, (sdk) =>
    sdk.subscriptions.retrieve(stripeId),
  );
  const isByInstant = subscription.cancel_at !== null && !subscription.cancel_at_period_end;
  return isByInstant ? { cancel_at: '' } : { cancel_at_period_end: false };
}
