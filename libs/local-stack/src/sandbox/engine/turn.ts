import type { Store } from './store.ts';

/**
 * One request or one due step: a transaction, the instant at which it happens, and the request that caused it.
 * Everything that changes state takes its turn as the first argument.
 */
export interface Turn {
  readonly store: Store;
  /** Business time: the steered clock's, in Unix seconds, as in `created`. */
  readonly nowSeconds: number;
  /** The API request behind this turn; null when the clock is. */
  readonly cause: Cause | null;
  /** Where the sandbox itself is reached, for links. */
  readonly baseUrl: string;
}

/** What events say about the request that caused them. */
export interface Cause {
  readonly requestId: string;
  readonly idempotencyKey: string | null;
}

/** An instant in the form of the v2 API. */
export function isoInstant(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}
