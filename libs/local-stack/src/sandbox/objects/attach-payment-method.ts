import { endpoint } from '../engine/endpoint.ts';
import { words } from '../engine/parameters.ts';
import { missing, refused, StripeFailure } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { requireCustomer } from './customer.ts';
import { declined, newCard, type PaymentMethod, paymentMethods, testCards } from './payment-method.ts';

/** Attaching a test card by its name makes a payment method of its own each time. */
export const attachPaymentMethodEndpoints = [
  endpoint('POST', '/v1/payment_methods/:id/attach', { customer: words }, (turn, parameters, id) => {
    const customer = requireCustomer(turn, parameters.customer, 'customer');
    const card = testCards.get(id);
    if (card === undefined) return attachAgain(turn, id, customer.id);
    if (card.behaviour === 'fails_when_attached') throw new StripeFailure(402, declined);
    const paymentMethod = newCard(turn, card.last4, customer.id);
    turn.store.insert(paymentMethods, paymentMethod, turn.nowSeconds);
    return paymentMethod;
  }),
];

function attachAgain(turn: Turn, id: string, customerId: string): PaymentMethod {
  const known = turn.store.find(paymentMethods, id);
  if (known === undefined) throw missing('PaymentMethod', id);
  if (known.customer === customerId) return known;
  throw refused('The payment method you provided has already been attached to a customer.');
}
