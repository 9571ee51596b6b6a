import type { Telemetry } from '@wewrite/service-kit';
import { Refusal } from '@wewrite/service-kit';
import Stripe from 'stripe';
import type { BillingConfig } from '../config.ts';

/** Stripe as billing reaches it. Never call it inside a transaction. */
export interface StripeClient {
  /** The SDK, for what makes no call: signatures. */
  readonly sdk: Stripe;
  /** Makes one call in a span that carries the operation and the id of the object it is about. */
  call<Result>(operation: string, objectId: string, work: (sdk: Stripe) => Promise<Result>): Promise<Result>;
}

const maxNetworkRetries = 2;

/** The SDK pinned to its own API version, at Stripe or at a stand-in for it. */
export function createStripeClient(
  config: Pick<BillingConfig, 'STRIPE_SECRET_KEY' | 'STRIPE_API_URL' | 'STRIPE_TIMEOUT_MS'>,
  telemetry: Telemetry,
): StripeClient {
  const sdk = new Stripe(config.STRIPE_SECRET_KEY, {
    timeout: config.STRIPE_TIMEOUT_MS,
    maxNetworkRetries,
    telemetry: false,
    ...addressOf(config.STRIPE_API_URL),
  });
  return {
    sdk,
    call: (operation, objectId, work) =>
      telemetry.span(
        {
          name: `stripe ${operation}`,
          kind: 'client',
          attributes: { 'stripe.operation': operation, 'stripe.object_id': objectId },
        },
        async (span) => {
          const result = await work(sdk);
          if (hasId(result)) span.setAttribute('stripe.id', result.id);
          return result;
        },
      ),
  };
}

/** Lists and the balance have no id of their own. */
function hasId(result: unknown): result is { id: string } {
  return typeof result === 'object' && result !== null && 'id' in result && typeof result.id === 'string';
}

/** True when Stripe has no such object. */
export function isMissing(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeInvalidRequestError && error.code === 'resource_missing';
}

/** True when Stripe understood the call and will not do it, now or repeated. */
export function isDefiniteRefusal(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError;
}

/** True when the same idempotency key would bring the same failure again: the next attempt needs another key. */
export function isReplayedFailure(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeAPIError || error instanceof Stripe.errors.StripeIdempotencyError;
}

/** What a caller of our API is told of a failed call to Stripe; one that Stripe finds not valid is our own bug. */
export function refusalOf(error: unknown): unknown {
  if (error instanceof Stripe.errors.StripeCardError) {
    return new Refusal('payment_failed', `${error.message} Use another payment method.`, { field: 'paymentMethodId' });
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) return new Error(error.message, { cause: error });
  if (error instanceof Stripe.errors.StripeError) {
    return new Refusal('unavailable', 'The payment provider does not answer as it should: try again shortly.');
  }
  return error;
}

function addressOf(url: string | undefined): { host?: string; port?: string; protocol?: 'http' | 'https' } {
  if (url === undefined) return {};
  const { hostname, port, protocol } = new URL(url);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: port || (isPlain ? '80' : '443'), protocol: isPlain ? 'http' : 'https' };
}
