// E3: a supporter pays on Stripe's own page, which also lets a card's holder authenticate. One session is open at a time: an
// order that is not the same ends the one before, so that no two of them can be paid.
import { Refusal } from '@wewrite/service-kit';
import { isDefiniteRefusal } from '@wewrite/service-kit/stripe';
import type { Selectable } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { SubscriptionRow } from '../db.ts';
import { refusalOf } from '../stripe/refusal-of.ts';
import { secondsOf } from '../stripe/seconds.ts';
import { finishCheckout } from './finish-checkout.ts';
import { holdOrder, refuseOrder, type SubscriptionOrder } from './prepare-subscription.ts';
import { beginningOf, keyOf, priceDataOf } from './subscription.ts';

/** Opens the session of an order, or finds it by its key; gives the address of its page. */
export async function openCheckout(
  context: BillingContext,
  row: Selectable<SubscriptionRow>,
  customer: string,
): Promise<string> {
  const product = await context.productId();
  const page = context.config.SUBSCRIPTION_URL;
  await holdOrder(context, row);
  const session = await context.stripe.call('checkout.sessions.create', row.id, (sdk) =>
    sdk.checkout.sessions.create(
      {
        mode: 'subscription',
        customer,
        client_reference_id: row.id,
        success_url: page,
        cancel_url: page,
        expires_at: secondsOf(row.checkout_expires_at ?? context.clock.now()),
        line_items: [{ price_data: priceDataOf(product, row.monthly_cents), quantity: 1 }],
        subscription_data: beginningOf(row),
      },
      { idempotencyKey: keyOf(row, 'checkout') },
    ),
  );
  await context.database.transaction((tx) =>
    tx
      .updateTable('subscription')
      .set({ checkout_session_id: session.id })
      .where('id', '=', row.id)
      .where('attempt', '=', row.attempt)
      .execute(),
  );
  if (session.url === null) throw new Error(`checkout ${session.id} has no page`);
  return session.url;
}

/**
 * Ends an open checkout that is not for this order, or whose time is over. Refuses `already_subscribed` when it was
 * completed in this moment, `busy` while it is being paid, and `unavailable`.
 */
export async function closeCheckout(context: BillingContext, order: SubscriptionOrder): Promise<void> {
  const row = await context.database.kysely
    .selectFrom('subscription')
    .selectAll()
    .where('user_id', '=', order.userId)
    .where('state', '=', 'creating')
    .where('checkout_session_id', 'is not', null)
    .executeTakeFirst();
  if (row === undefined || row.checkout_session_id === null || goesOn(context, row, order)) return;
  const sessionId = row.checkout_session_id;
  const became = await expire(context, sessionId).catch((error: unknown) => Promise.reject(refusalOf(error)));
  switch (became) {
    case 'expired':
      return refuseOrder(context, row);
    case 'completed':
      throw new Refusal('already_subscribed', 'Your checkout was completed: change its amount with PATCH instead.');
    case 'open':
      throw new Refusal('busy', 'Your checkout is being paid: try again in a minute.');
  }
}

function goesOn(context: BillingContext, row: Selectable<SubscriptionRow>, order: SubscriptionOrder): boolean {
  const isSame = order.paymentMethodId === null && row.monthly_cents === order.monthlyCents;
  return isSame && row.checkout_expires_at !== null && row.checkout_expires_at > context.clock.now();
}

/** What becomes of a session that is to end: while its payment is under way it cannot, and is still open. */
async function expire(context: BillingContext, sessionId: string): Promise<'completed' | 'expired' | 'open'> {
  try {
    await context.stripe.call('checkout.sessions.expire', sessionId, (sdk) =>
      // Ending it twice does no harm, so each try has its own key: a failure is not replayed.
      sdk.checkout.sessions.expire(sessionId, {}, { idempotencyKey: `${sessionId}-expire-${context.ids.next()}` }),
    );
    return 'expired';
  } catch (error) {
    if (!isDefiniteRefusal(error)) throw error;
    return finishCheckout(context, sessionId);
  }
}
