// E2: a checkout was completed, or has expired. The session is read again; what it started is applied as any subscription is.
import type { BillingContext } from '../context.ts';
import { refuseOrder } from './prepare-subscription.ts';
import { syncSubscription } from './sync-subscription.ts';

/** Applies what became of a checkout. */
export async function finishCheckout(
  context: BillingContext,
  sessionId: string,
): Promise<'completed' | 'expired' | 'open'> {
  const session = await context.stripe.call('checkout.sessions.retrieve', sessionId, (sdk) =>
    sdk.checkout.sessions.retrieve(sessionId),
  );
  const { subscription, client_reference_id: orderId } = session;
  if (session.status === 'complete' && subscription !== null) {
    const stripeId = typeof subscription === 'string' ? subscription : subscription.id;
    await freeCard(context, stripeId, sessionId);
    await syncSubscription(context, stripeId);
    return 'completed';
  }
  if (session.status !== 'expired') return 'open';
  const row = await context.database.kysely
    .selectFrom('subscription')
    .select(['id', 'attempt'])
    .where('checkout_session_id', '=', sessionId)
    .executeTakeFirst();
  if (row !== undefined && row.id === orderId) await refuseOrder(context, row);
  return 'expired';
}

/**
 * A checkout leaves the card with the subscription, where it would outlast a card that the customer changes later: it
 * becomes the customer's own instead.
 */
async function freeCard({ stripe, ids }: BillingContext, stripeId: string, sessionId: string): Promise<void> {
  const subscription = await stripe.call('subscriptions.retrieve', stripeId, (sdk) =>
    sdk.subscriptions.retrieve(stripeId),
  );
  const { default_payment_method: card, customer } = subscription;
  if (card === null || subscription.ended_at !== null) return;
  const cardId = typeof card === 'string' ? card : card.id;
  const customerId = typeof customer === 'string' ? customer : customer.id;
  // Either sets what may be set twice, so each try has its own keys: a failure is not replayed.
  const key = `${sessionId}-${ids.next()}`;
  await stripe.call('customers.update', customerId, (sdk) =>
    sdk.customers.update(
      customerId,
      { invoice_settings: { default_payment_method: cardId } },
      { idempotencyKey: `${key}-default` },
    ),
  );
  await stripe.call('subscriptions.update', stripeId, (sdk) =>
    sdk.subscriptions.update(stripeId, { default_payment_method: '' }, { idempotencyKey: `${key}-card` }),
  );
}
