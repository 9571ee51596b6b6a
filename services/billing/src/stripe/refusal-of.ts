import { Refusal } from '@wewrite/service-kit';
import Stripe from 'stripe';

/** What a caller of our API is told of a failed call to Stripe; one that Stripe finds not valid is our own bug. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeCardError && error.code === 'subscription_payment_intent_requires_action') {
    const detail =
      'This card asks its holder to authenticate: leave out paymentMethodId, and pay on Stripe’s own page.';
    return new Refusal('payment_failed', detail, { field: 'paymentMethodId' });
  }
  if (error instanceof Stripe.errors.StripeCardError) {
    return new Refusal('payment_failed', `${error.message} Use another payment method.`, { field: 'paymentMethodId' });
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) return new Error(error.message, { cause: error });
  if (error instanceof Stripe.errors.StripeError) {
    return new Refusal('unavailable', 'The payment provider does not answer as it should: try again shortly.');
  }
  return error;
}
