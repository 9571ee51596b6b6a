import { z } from 'zod';
import { emit } from '../engine/events.ts';
import { refused, StripeFailure } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { type CheckoutSession, checkoutOrders, checkoutSessions, requireSession } from './checkout-session.ts';
import { createSubscription } from './create-subscription.ts';
import { declined, newCard, paymentMethods, testCards } from './payment-method.ts';

/** The card, by the name of a test card, that a customer enters on a page of Stripe's. */
export const enteredCard = z.strictObject({ card: z.string().default('pm_card_visa') });

/** The customer begins to pay, and has not been told yet whether that succeeds. */
export function beginCheckout(turn: Turn, id: string): CheckoutSession {
  const session = requireSession(turn, id);
  const order = turn.store.find(checkoutOrders, id);
  if (session.status !== 'open' || order === undefined) throw refused(`This Checkout Session is ${session.status}.`);
  turn.store.replace(checkoutOrders, { ...order, is_being_paid: true });
  return session;
}

/**
 * The customer completes a checkout: the card is saved as the subscription's own, as Stripe does, and the subscription
 * starts. Whoever is at the page authenticates; a card that is declined leaves the session open.
 */
export function completeCheckout(turn: Turn, id: string, cardName: string): CheckoutSession {
  const session = requireSession(turn, id);
  if (session.status !== 'open') throw refused(`This Checkout Session is ${session.status}.`);
  const order = turn.store.find(checkoutOrders, id);
  const card = testCards.get(cardName);
  if (order === undefined || card === undefined) throw refused(`The sandbox has no card ${cardName}.`);
  if (card.behaviour === 'fails_when_attached') throw new StripeFailure(402, declined);
  const paymentMethod = newCard(turn, card.last4, String(session.customer));
  turn.store.insert(paymentMethods, paymentMethod, turn.nowSeconds);
  const subscription = createSubscription(
    turn,
    {
      ...order.subscription,
      customer: String(session.customer),
      items: [{ price_data: order.price, quantity: 1 }],
      default_payment_method: paymentMethod.id,
      payment_behavior: 'error_if_incomplete',
    },
    { isAuthenticated: true },
  );
  session.status = 'complete';
  session.payment_status = subscription.latest_invoice === null ? 'no_payment_required' : 'paid';
  session.subscription = subscription.id;
  session.invoice = subscription.latest_invoice;
  session.url = null;
  turn.store.replace(checkoutSessions, session);
  emit(turn, 'checkout.session.completed', session);
  return session;
}
