// E2: events say only that a subscription changed. What it is now is read from Stripe, outside of any transaction, and
// applied unless another reading was applied meanwhile; then it is read again. One that has ended stays ended.
import { monthOf, nextMonth } from '@wewrite/contracts';
import type { Selectable } from 'kysely';
import type Stripe from 'stripe';
import type { BillingContext, BillingTransaction } from '../context.ts';
import type { SubscriptionRow } from '../db.ts';
import { refreshFunding } from '../funding/refresh-funding.ts';
import { amountsOf, amountsWith, readingExpansions, readingOf, type SubscriptionReading } from './subscription.ts';

const maximumReadings = 10;

/** Makes our row as Stripe's object is now. One that we did not make is left alone, with an alert. */
export async function syncSubscription(context: BillingContext, stripeId: string): Promise<void> {
  for (let readings = 0; readings < maximumReadings; readings++) {
    const seenVersion = await versionOf(context, stripeId);
    const subscription = await context.stripe.call('subscriptions.retrieve', stripeId, (sdk) =>
      sdk.subscriptions.retrieve(stripeId, { expand: readingExpansions }),
    );
    if ((await applySubscription(context, subscription, seenVersion)) !== 'stale') return;
  }
  throw new Error(`subscription ${stripeId} changed with each of ${maximumReadings} readings`);
}

/**
 * Applies what was read of a subscription, given the version that our row had before the reading (null: no row named it
 * yet). `stale`: another reading came first, which may be newer or older.
 */
export function applySubscription(
  context: Pick<BillingContext, 'database' | 'outbox' | 'clock' | 'log'>,
  subscription: Stripe.Subscription,
  seenVersion: number | null,
): Promise<'applied' | 'stale' | 'unknown'> {
  const reading = readingOf(subscription);
  return context.database.transaction(async (tx) => {
    const row = await lockSubscription(tx, reading);
    if (row === undefined) {
      context.log.error({ stripeId: reading.stripeId }, 'a subscription at Stripe is not one of ours');
      return 'unknown';
    }
    if (row.stripe_id !== null && row.version !== seenVersion) return 'stale';
    if (row.state === 'ended' || reading.state === 'creating') return 'applied';
    const changed = await update(tx, row, reading, context.clock.now());
    if (!changed) return 'applied';
    const thisMonth = monthOf(context.clock.now());
    await refreshFunding(tx, context, [
      { userId: row.user_id, month: thisMonth },
      { userId: row.user_id, month: nextMonth(thisMonth) },
    ]);
    return 'applied';
  });
}

async function versionOf(context: BillingContext, stripeId: string): Promise<number | null> {
  const row = await context.database.kysely
    .selectFrom('subscription')
    .select('version')
    .where('stripe_id', '=', stripeId)
    .executeTakeFirst();
  return row?.version ?? null;
}

/** Our row of the subscription: by Stripe's id, or by ours where the answer to its creation never reached us. */
function lockSubscription(tx: BillingTransaction, reading: SubscriptionReading) {
  return tx
    .selectFrom('subscription')
    .selectAll()
    .where(({ eb, or, and }) =>
      or([
        eb('stripe_id', '=', reading.stripeId),
        ...(reading.ownId === null ? [] : [and([eb('id', '=', reading.ownId), eb('stripe_id', 'is', null)])]),
      ]),
    )
    .forUpdate()
    .executeTakeFirst();
}

/** Writes the reading; false when it says what was known, so that nobody's budget can differ. */
async function update(
  tx: BillingTransaction,
  row: Selectable<SubscriptionRow>,
  reading: SubscriptionReading,
  now: Date,
): Promise<boolean> {
  const known = amountsOf(row);
  const amounts = amountsWith(known, reading, now);
  await tx
    .updateTable('subscription')
    .set({
      state: reading.state,
      stripe_id: reading.stripeId,
      stripe_item_id: reading.stripeItemId,
      monthly_cents: amounts.monthlyCents,
      next_cents: amounts.nextCents,
      next_from: amounts.nextFrom,
      started_at: reading.startedAt,
      cancel_at: reading.cancelAt,
      ended_at: reading.endedAt,
      raise_cents: reading.waitingRaise?.monthlyCents ?? null,
      raise_invoice_id: reading.waitingRaise?.invoiceId ?? null,
      raise_expires_at: reading.waitingRaise?.expiresAt ?? null,
      version: row.version + 1,
    })
    .where('id', '=', row.id)
    .execute();
  return (
    amounts !== known ||
    row.state !== reading.state ||
    row.cancel_at?.getTime() !== reading.cancelAt?.getTime() ||
    row.started_at?.getTime() !== reading.startedAt.getTime()
  );
}
