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
  /** How often the SDK repeats a call that was not answered, or refused for the moment, before its caller is told. */
  STRIPE_NETWORK_RETRIES: z.coerce.number().int().min(0).max(5).default(2),
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

/** The SDK waits no longer than this before it repeats a call. */
const longestPauseMs = 5_000;

/** How long one call may take, with its repetitions. */
export function longestCallMs(config: {
  readonly STRIPE_TIMEOUT_MS: number;
  readonly STRIPE_NETWORK_RETRIES: number;
}): number {
  const { STRIPE_TIMEOUT_MS: timeoutMs, STRIPE_NETWORK_RETRIES: retries } = config;
  return timeoutMs + retries * (longestPauseMs + timeoutMs);
}

/** The SDK pinned to its own API version, at Stripe or at a stand-in for it. */
export function createStripeClient(
  config: {
    readonly STRIPE_SECRET_KEY: string;
    readonly STRIPE_API_URL?: string | undefined;
    readonly STRIPE_TIMEOUT_MS: number;
    readonly STRIPE_NETWORK_RETRIES: number;
  },
  telemetry: Telemetry,
): StripeClient {
  const sdk = new Stripe(config.STRIPE_SECRET_KEY, {
    timeout: config.STRIPE_TIMEOUT_MS,
    maxNetworkRetries: config.STRIPE_NETWORK_RETRIES,
    httpClient: httpClient(),
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

/**
 * The SDK's own client, but that a closed connection is told as an error like others: the SDK would know it by its code and
 * repeat the call once, after half a second of its own, even where it is to repeat none.
 */
function httpClient(): Stripe.HttpClient {
  const client = Stripe.createNodeHttpClient();
  return {
    getClientName: () => client.getClientName(),
    makeRequest: async (...request) => {
      try {
        return await client.makeRequest(...request);
      } catch (error) {
        if (isConnectionClosed(error)) throw new Error('the connection was closed', { cause: error });
        throw error;
      }
    },
  };
}

function isConnectionClosed(error: unknown): boolean {
  const codes = Stripe.HttpClient.CONNECTION_CLOSED_ERROR_CODES;
  return typeof error === 'object' && error !== null && 'code' in error && codes.includes(String(error.code));
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
  if (isUnderWay(error)) return false;
  return error instanceof Stripe.errors.StripeCardError || error instanceof Stripe.errors.StripeInvalidRequestError;
}

/** True when the same idempotency key would bring the same failure again: the next attempt needs another key. */
export function isReplayedFailure(error: unknown): boolean {
  if (isUnderWay(error)) return false;
  return error instanceof Stripe.errors.StripeAPIError || error instanceof Stripe.errors.StripeIdempotencyError;
}

/**
 * True when Stripe is at another call under the same key, or at the same object, and has not begun this one: it says so
 * with 409, for which the SDK has no class of its own. Another key would do the thing a second time.
 */
function isUnderWay(error: unknown): boolean {
  return error instanceof Stripe.errors.StripeError && error.statusCode === 409;
}

/** What is next for the idempotency key of a v1 call that failed (D3). */
export interface AfterFailure {
  /**
   * `same_key`: the call again, since Stripe has not begun it, or will say what came of it. `look_up`: v1 replays errors
   * under their key, those of 5xx, too, and the object may have been made. `next_key`: Stripe has refused for a reason that
   * passes, made nothing, and would replay that. `refused`: Stripe has refused, and made nothing.
   */
  readonly next: 'same_key' | 'look_up' | 'next_key' | 'refused';
  readonly error: Stripe.errors.StripeError;
}

/** Judges a failed call; throws what is no error of Stripe's. */
export function afterFailure(error: unknown): AfterFailure {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const { statusCode } = error;
  if (isUnderWay(error) || isRefusedBefore(error)) return { next: 'same_key', error };
  const isServerFault = statusCode !== undefined && statusCode >= 500;
  if (isServerFault || error instanceof Stripe.errors.StripeIdempotencyError) return { next: 'look_up', error };
  return { next: error.code === 'balance_insufficient' ? 'next_key' : 'refused', error };
}

/** No answer, too many calls, or a key of ours that is wrong or may not do this: the call has not begun, as far as is known. */
function isRefusedBefore(error: Stripe.errors.StripeError): boolean {
  return (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error instanceof Stripe.errors.StripeAuthenticationError ||
    error instanceof Stripe.errors.StripePermissionError ||
    error.statusCode === 429
  );
}

/** The SDK’s settings for an API at an address; Stripe’s own where there is none. */
export function addressOf(url: string | undefined): { host?: string; port?: string; protocol?: 'http' | 'https' } {
  if (url === undefined) return {};
  const { hostname, port, protocol } = new URL(url);
  const isPlain = protocol === 'http:';
  return { host: hostname, port: port || (isPlain ? '80' : '443'), protocol: isPlain ? 'http' : 'https' };
}
