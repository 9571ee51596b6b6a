// What is asked for is written down before Stripe is called. A request that is repeated after a crash finds the row and goes
// on with the same body and the same idempotency keys, so that one subscription comes of it.
import { type Cents, cents, cutoffOf, monthOf, type UserId } from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import type { Selectable } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { SubscriptionRow } from '../db.ts';
import { callLeaseEnd } from '../stripe/call-lease.ts';
import { instantOf, secondsOf } from '../stripe/seconds.ts';
import { isFirstMonthFree } from './subscription.ts';

/** What a supporter asks for. */
export interface SubscriptionOrder {
  readonly userId: UserId;
  readonly monthlyCents: Cents;
  /** Null: to be given on Stripe's own page. */
  readonly paymentMethodId: string | null;
}

/** A subscription to be made at Stripe. `resumed`: an earlier request may have made it already. */
export interface PreparedSubscription {
  readonly row: Selectable<SubscriptionRow>;
  readonly customerId: string | null;
  readonly resumed: boolean;
}

type OrderKey = Pick<Selectable<SubscriptionRow>, 'id' | 'attempt'>;

/** Stripe forgets keys after 24 hours; a creation older than that goes on under a new attempt, once it is looked up. */
const keysLastMs = 23 * 3_600_000;

/** How long a checkout may take: Stripe's shortest, and some time until Stripe hears of it. */
const checkoutLastsMs = 32 * 60_000;
/** How long a checkout that Stripe has not heard of goes on as it is: it would soon be too short for Stripe. */
const unopenedLastsMs = 60_000;

/** Writes the order down, or finds it. Refuses `already_subscribed`, and `busy` while another order is under way. */
export function prepareSubscription(context: BillingContext, order: SubscriptionOrder): Promise<PreparedSubscription> {
  return context.database.transaction(async (tx) => {
    const customer = await lockCustomer(tx, order.userId, context.clock.now());
    const known = await tx
      .selectFrom('subscription')
      .selectAll()
      .where('user_id', '=', order.userId)
      .where('state', 'in', ['creating', 'active', 'past_due'])
      .executeTakeFirst();
    const customerId = customer.stripe_id;
    if (known === undefined) return { row: await insertOrder(tx, context, order), customerId, resumed: false };
    if (known.state !== 'creating') {
      throw new Refusal('already_subscribed', 'You have a subscription: change its amount with PATCH instead.');
    }
    return { row: await resume(tx, context, known, order), customerId, resumed: true };
  });
}

/**
 * Holds an order for one more call of Stripe's: right before what makes something, since the calls before may have taken
 * long. Refuses `busy` when another order has taken its place meanwhile.
 */
export async function holdOrder(context: BillingContext, { id, attempt }: OrderKey): Promise<void> {
  const { numUpdatedRows } = await context.database.transaction((tx) =>
    tx
      .updateTable('subscription')
      .set({ lease_until: callLeaseEnd(context) })
      .where('id', '=', id)
      .where('attempt', '=', attempt)
      .where('state', 'in', ['creating', 'active', 'past_due'])
      .executeTakeFirstOrThrow(),
  );
  if (numUpdatedRows !== 1n) refuseBusy();
}

/** Ends an order that Stripe refuses for good, or whose checkout is over: the next one begins anew. */
export async function refuseOrder(context: BillingContext, { id, attempt }: OrderKey): Promise<void> {
  await context.database.transaction((tx) =>
    tx
      .updateTable('subscription')
      .set({ state: 'refused' })
      .where('id', '=', id)
      .where('attempt', '=', attempt)
      .where('state', '=', 'creating')
      .execute(),
  );
}

/** After a failure that Stripe would replay: the next try looks for the subscription, then uses other keys. */
export async function raiseAttempt(context: BillingContext, row: Selectable<SubscriptionRow>): Promise<void> {
  await context.database.transaction((tx) =>
    tx
      .updateTable('subscription')
      .set({ attempt: row.attempt + 1, attempted_at: context.time.now() })
      .where('id', '=', row.id)
      .where('attempt', '=', row.attempt)
      .execute(),
  );
}

async function lockCustomer(tx: BillingTransaction, userId: string, now: Date) {
  await tx
    .insertInto('customer')
    .values({ user_id: userId, stripe_id: null, created_at: now })
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  return tx.selectFrom('customer').selectAll().where('user_id', '=', userId).forUpdate().executeTakeFirstOrThrow();
}

function insertOrder(tx: BillingTransaction, context: BillingContext, order: SubscriptionOrder) {
  const now = context.clock.now();
  return tx
    .insertInto('subscription')
    .values({
      id: context.ids.next(),
      user_id: order.userId,
      state: 'creating',
      ...orderedColumns(order, now),
      attempted_at: context.time.now(),
      lease_until: callLeaseEnd(context),
      stripe_id: null,
      stripe_item_id: null,
      started_at: null,
      cancel_at: null,
      ended_at: null,
      raise_cents: null,
      raise_invoice_id: null,
      raise_expires_at: null,
      requested_at: now,
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}

async function resume(
  tx: BillingTransaction,
  context: BillingContext,
  known: Selectable<SubscriptionRow>,
  order: SubscriptionOrder,
) {
  const now = context.time.now();
  const ageMs = now.getTime() - known.attempted_at.getTime();
  const isSame = known.monthly_cents === order.monthlyCents && known.payment_method_id === order.paymentMethodId;
  if (isSame && ageMs < lifeOf(known) && isBeginningAsOrdered(known, context.clock.now())) return known;
  if (known.lease_until !== null && known.lease_until > now) return refuseBusy();
  return tx
    .updateTable('subscription')
    .set({
      attempt: known.attempt + 1,
      attempted_at: now,
      lease_until: callLeaseEnd(context),
      ...orderedColumns(order, context.clock.now()),
    })
    .where('id', '=', known.id)
    .returningAll()
    .executeTakeFirstOrThrow();
}

/**
 * Whether an order that Stripe heard of now would still begin as it was decided: free or not, in the same month. A checkout
 * begins when it is completed, which was decided for all of its time.
 */
function isBeginningAsOrdered(known: Selectable<SubscriptionRow>, now: Date): boolean {
  if (known.checkout_expires_at !== null) return true;
  const isFree = isFirstMonthFree(cents(known.monthly_cents), now);
  return known.next_from === monthOf(now) && known.first_month_free === isFree;
}

/** How long an order goes on as it is. */
function lifeOf(known: Selectable<SubscriptionRow>): number {
  return known.checkout_expires_at !== null && known.checkout_session_id === null ? unopenedLastsMs : keysLastMs;
}

/**
 * What is asked for. A checkout may be completed at any time until it expires: its first part is free if it would be below
 * Stripe's minimum then. One that could be completed in another month would bill it wrongly, and is refused (`busy`).
 */
function orderedColumns(order: SubscriptionOrder, now: Date) {
  const expiresAt =
    order.paymentMethodId === null ? instantOf(secondsOf(new Date(now.getTime() + checkoutLastsMs))) : null;
  if (expiresAt !== null && expiresAt >= cutoffOf(monthOf(now))) {
    throw new Refusal('busy', 'The month is about to turn: try again after 00:00 UTC, or give a paymentMethodId.');
  }
  return {
    payment_method_id: order.paymentMethodId,
    checkout_session_id: null,
    checkout_expires_at: expiresAt,
    first_month_free: isFirstMonthFree(order.monthlyCents, expiresAt ?? now),
    monthly_cents: order.monthlyCents,
    next_cents: order.monthlyCents,
    next_from: monthOf(now),
  };
}

function refuseBusy(): never {
  throw new Refusal('busy', 'Another request for your subscription is under way: try again in a minute.');
}
