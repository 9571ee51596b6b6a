// A change is written down with its number, which makes its key, and with the instant it is prorated from, before Stripe is
// told of it. One is under way at a time: a request that is repeated goes on with it, another one waits.
import { type Month, monthOf, type UserId } from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import type { Selectable } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { SubscriptionChangeRow, SubscriptionRow } from '../db.ts';
import type { InvoiceStatus } from '../funding/invoice.ts';
import { callLeaseEnd } from '../stripe/call-lease.ts';
import { instantOf, secondsOf } from '../stripe/seconds.ts';
import { type AmountWish, type ChangeState, effectOf, isSameWish, type Wish } from './change.ts';
import { amountsOf } from './subscription.ts';

/** A change to be made of a subscription that exists at Stripe. */
export interface RecordedChange {
  readonly change: Selectable<SubscriptionChangeRow>;
  readonly stripeId: string;
  readonly itemId: string;
  readonly version: number;
  /** An earlier request began it. */
  readonly isResumed: boolean;
}

type SubscriptionChangeKey = Pick<SubscriptionChangeRow, 'subscription_id' | 'number'>;

/** Stripe forgets keys after 24 hours. */
const keysLastMs = 23 * 3_600_000;

/** Of an invoice: what it is before it is paid, void or given up. */
const unpaid: readonly InvoiceStatus[] = ['draft', 'open'];

const unfinished: readonly ChangeState[] = ['checking', 'sending', 'unclear'];

/** The supporter's subscription that can be changed. Refuses `no_subscription`. */
export async function liveSubscription(
  { database }: Pick<BillingContext, 'database'>,
  userId: UserId,
): Promise<Selectable<SubscriptionRow>> {
  const row = await liveSubscriptions(database.kysely, userId).executeTakeFirst();
  return row ?? refuseMissing();
}

/**
 * The change that was left unfinished, where the wish cannot go on with it: what became of it has to be read first. Refuses
 * `busy` while somebody may still be at work on it.
 */
export async function leftoverOf(
  { database, time }: BillingContext,
  subscriptionId: string,
  wish: Wish,
): Promise<Selectable<SubscriptionChangeRow> | null> {
  const change = await unfinishedChanges(database.kysely, subscriptionId).executeTakeFirst();
  if (change === undefined || canGoOn(change, wish, time.now())) return null;
  return isHeld(change, time.now()) ? refuseBusy() : change;
}

/** Whether a change of the subscription is unfinished. */
export async function isUnderWay(
  { database }: Pick<BillingContext, 'database'>,
  subscriptionId: string,
): Promise<boolean> {
  return (await unfinishedChanges(database.kysely, subscriptionId).executeTakeFirst()) !== undefined;
}

/** The subscription's invoices of a month that are not paid, as far as we know. */
export async function unpaidInvoices(
  { database }: Pick<BillingContext, 'database'>,
  subscriptionId: string,
  month: Month,
): Promise<string[]> {
  const rows = await invoicesOf(database.kysely, subscriptionId, month).where('status', 'in', unpaid).execute();
  return rows.map(({ id }) => id);
}

/** Writes the change down, or finds the same one unfinished. Refuses `payment_pending`, `no_subscription` and `busy`. */
export function recordChange(context: BillingContext, userId: UserId, wish: Wish): Promise<RecordedChange> {
  return context.database.transaction(async (tx) => {
    const row = (await liveSubscriptions(tx, userId).forUpdate().executeTakeFirst()) ?? refuseMissing();
    if (row.stripe_id === null || row.stripe_item_id === null) return refuseMissing();
    const known = await unfinishedChanges(tx, row.id).executeTakeFirst();
    if (known !== undefined && !canGoOn(known, wish, context.time.now())) return refuseBusy();
    const change = known ?? (await insertChange(tx, context, row, wish));
    const { stripe_id: stripeId, stripe_item_id: itemId, version } = row;
    return { change, stripeId, itemId, version, isResumed: known !== undefined };
  });
}

/** Ends the check of a raise, and gives the change as it is then: an equal request may have ended it before, otherwise. */
export async function endCheck(
  { database }: BillingContext,
  { subscription_id: subscriptionId, number }: SubscriptionChangeKey,
  proratedFrom: Date | null,
): Promise<Selectable<SubscriptionChangeRow>> {
  return database.transaction(async (tx) => {
    await tx
      .updateTable('subscription_change')
      .set({ state: 'sending', prorated_from: proratedFrom })
      .where('subscription_id', '=', subscriptionId)
      .where('number', '=', number)
      .where('state', '=', 'checking')
      .execute();
    return tx
      .selectFrom('subscription_change')
      .selectAll()
      .where('subscription_id', '=', subscriptionId)
      .where('number', '=', number)
      .executeTakeFirstOrThrow();
  });
}

/**
 * Holds a change for one more call of Stripe's, right before that which makes it. Refuses `busy` when another change has
 * taken its place meanwhile.
 */
export async function holdChange(
  context: BillingContext,
  { subscription_id: subscriptionId, number }: SubscriptionChangeKey,
): Promise<void> {
  const { numUpdatedRows } = await context.database.transaction((tx) =>
    tx
      .updateTable('subscription_change')
      .set({ lease_until: callLeaseEnd(context) })
      .where('subscription_id', '=', subscriptionId)
      .where('number', '=', number)
      .where('state', 'in', ['sending', 'done'])
      .executeTakeFirstOrThrow(),
  );
  if (numUpdatedRows !== 1n) refuseBusy();
}

/** Gives a change up for another one, unless somebody has gone on with it meanwhile. */
export async function abandonChange(
  { database, time }: BillingContext,
  { subscription_id: subscriptionId, number }: SubscriptionChangeKey,
): Promise<void> {
  await database.transaction(async (tx) => {
    const change = await unfinishedChanges(tx, subscriptionId)
      .where('number', '=', number)
      .forUpdate()
      .executeTakeFirst();
    if (change === undefined || isHeld(change, time.now())) return;
    await tx
      .updateTable('subscription_change')
      .set({ state: 'abandoned' })
      .where('subscription_id', '=', subscriptionId)
      .where('number', '=', number)
      .execute();
  });
}

/** Moves an unfinished change on. */
export async function moveChange(
  { database }: BillingContext,
  { subscription_id: subscriptionId, number }: SubscriptionChangeKey,
  state: ChangeState,
): Promise<void> {
  await database.transaction((tx) =>
    tx
      .updateTable('subscription_change')
      .set({ state })
      .where('subscription_id', '=', subscriptionId)
      .where('number', '=', number)
      .where('state', 'in', unfinished)
      .execute(),
  );
}

type Reader = Pick<BillingTransaction, 'selectFrom'>;

function liveSubscriptions(reader: Reader, userId: UserId) {
  return reader
    .selectFrom('subscription')
    .selectAll()
    .where('user_id', '=', userId)
    .where('state', 'in', ['active', 'past_due']);
}

function unfinishedChanges(reader: Reader, subscriptionId: string) {
  return reader
    .selectFrom('subscription_change')
    .selectAll()
    .where('subscription_id', '=', subscriptionId)
    .where('state', 'in', unfinished);
}

function invoicesOf(reader: Reader, subscriptionId: string, month: Month) {
  return reader
    .selectFrom('invoice_month')
    .innerJoin('invoice', 'invoice.id', 'invoice_month.invoice_id')
    .select(['invoice.id', 'invoice.status'])
    .where('invoice_month.subscription_id', '=', subscriptionId)
    .where('invoice_month.month', '=', month)
    .orderBy('invoice.id');
}

function isHeld(change: Selectable<SubscriptionChangeRow>, now: Date): boolean {
  return change.state !== 'unclear' && change.lease_until !== null && change.lease_until > now;
}

function canGoOn(change: Selectable<SubscriptionChangeRow>, wish: Wish, now: Date): boolean {
  const ageMs = now.getTime() - change.numbered_at.getTime();
  return change.state !== 'unclear' && ageMs < keysLastMs && isSameWish(wish, change);
}

async function insertChange(
  tx: BillingTransaction,
  context: BillingContext,
  row: Selectable<SubscriptionRow>,
  wish: Wish,
): Promise<Selectable<SubscriptionChangeRow>> {
  const now = context.clock.now();
  const isRaise = 'monthlyCents' in wish && (await effectFor(tx, row, wish, now)) === 'raise';
  const { change_number: number } = await tx
    .updateTable('subscription')
    .set({ change_number: row.change_number + 1 })
    .where('id', '=', row.id)
    .returning('change_number')
    .executeTakeFirstOrThrow();
  return tx
    .insertInto('subscription_change')
    .values({
      subscription_id: row.id,
      number,
      asked: wish.asked,
      monthly_cents: 'monthlyCents' in wish ? wish.monthlyCents : null,
      prorated_from: isRaise ? instantOf(secondsOf(now)) : null,
      state: isRaise ? 'checking' : 'sending',
      requested_at: now,
      numbered_at: context.time.now(),
      lease_until: callLeaseEnd(context),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function effectFor(tx: BillingTransaction, row: Selectable<SubscriptionRow>, wish: AmountWish, now: Date) {
  const states = await invoicesOf(tx, row.id, monthOf(now)).execute();
  const effect = effectOf(
    wish,
    {
      state: row.state,
      amounts: amountsOf(row),
      isFirstMonthFree: row.first_month_free,
      startedAt: row.started_at,
    },
    {
      isAnyOpen: states.some(({ status }) => unpaid.includes(status)),
      isAnyPaid: states.some(({ status }) => status === 'paid'),
    },
    now,
  );
  if (effect === 'payment_pending') {
    throw new Refusal(
      'payment_pending',
      'This month is not paid yet: pay its invoice first (POST /v1/subscription/portal), or raise from next_month.',
    );
  }
  return effect;
}

function refuseMissing(): never {
  throw new Refusal('no_subscription', 'You have no subscription: start one with POST /v1/subscription.');
}

function refuseBusy(): never {
  throw new Refusal('busy', 'Another change of your subscription is under way: try again in a minute.');
}
