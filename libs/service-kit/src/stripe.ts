import Stripe from 'stripe';
import { z } from 'zod';
import type { Telemetry } from './telemetry.ts';

/** The variables of a service that calls Stripe; spread them into its environment. */
export const stripeVariables = {
  STRIPE_SECRET_KEY: z.string().regex(/^[sr]k_(test|live)_/, 'a secret key begins with sk_test_ or sk_live_'),
  /** Where Stripe's API is when it is not Stripe's own: the sandbox. */
  STRIPE_API_URL: z.url().optional(),
  /** How long one call may take before it counts as unanswered. */
  STRIPE_TIMEOUT_MS: z.coerce.number().int().min(100).max(80_000).default(20_000),
};

/** False for a live key outside of production; a `refine` of the service's environment, with {@link liveKeyFault}. */
export function keyFitsEnvironment(config: { NODE_ENV: string; STRIPE_SECRET_KEY: string }): boolean {
  return config.NODE_ENV === 'production' || !config.STRIPE_SECRET_KEY.includes('k_live_');
}

/** What the environment is refused with when the key does not fit it. */
export function liveKeyFault() {
  return { path: ['STRIPE_SECRET_KEY'], error: 'a live key is refused unless NODE_ENV is production' };
}

/** Stripe as a service reaches it. Never call it inside a transaction. */
export interface StripeClient {
  /** The SDK, for what makes no call: signatures. */
  readonly sdk: Stripe;
  /** Makes one call in a span that carries the operation and the id of the object it is about. */
  call<Result>(operation: string, objectId: string, work: (sdk: Stripe) => Promise<Result>): Promise<Result>;
}

const maxNetworkRetries = 2;
/** The SDK waits no longer than this before it repeats a call. */
const longestPauseMs = 5_000;

/** How long one call may take, with its repetitions. */
export function longestCallMs({ STRIPE_TIMEOUT_MS: timeoutMs }: { readonly STRIPE_TIMEOUT_MS: number }): number {
  return timeoutMs + maxNetworkRetries * (longestPauseMs + timeoutMs);
}

/** The SDK pinned to its own API version, at Stripe or at a stand-in for it. */
export function createStripeClient(
  config: {
    readonly STRIPE_SECRET_KEY: string;
    readonly STRIPE_API_URL?: string | undefined;
    readonly STRIPE_TIMEOUT_MS: number;
  },
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

/**
 * What is next for the idempotency key of a v1 call that failed (D3): the call again under the same key; a look-up, since
 * v1 replays errors under their key, those of 5xx, too, and the object may have been made; or nothing, since Stripe has
 * refused and made nothing. Throws what is no error of Stripe's.
 */
export function afterFailure(error: unknown): {
  next: 'same_key' | 'look_up' | 'refused';
  error: Stripe.errors.StripeError;
} {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode } = error;
  const isServerFault = statusCode !== undefined && statusCode >= 500;
  if (isServerFault || error instanceof Stripe.errors.StripeIdempotencyError) return { next: 'look_up', error };
  const mayPass =
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    statusCode === 409 ||
    statusCode === 429;
  return { next: mayPass ? 'same_key' : 'refused', error };
}

/** The SDK’s settings for an API at an address; Stripe’s own where there is none. */
export function addressOf(url: string | undefined): { host?: string; port?: string; protocol?: 'http' | 'https' } {
  if (url === undefined) return {};
  const { hostname, port, protocol } = new URL(url);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: port || (isPlain ? '80' : '443'), protocol: isPlain ? 'http' : 'https' };
}
