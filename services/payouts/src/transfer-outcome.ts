import Stripe from 'stripe';

/** What a call to make a transfer came to (D3). */
export type TransferOutcome =
  | { readonly kind: 'made'; readonly transferId: string }
  /** Nothing certain: send again under the same key, which makes one transfer of any number of calls. */
  | { readonly kind: 'same_key'; readonly detail: string }
  /** The key would replay this answer: look whether the transfer is there before another key is used. */
  | { readonly kind: 'look_up'; readonly detail: string }
  /** Refused, but not for good: wait, then send under the next key, since the refusal is replayed under this one. */
  | { readonly kind: 'next_key'; readonly detail: string }
  /** Refused for good: the money goes back to payable. */
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string };

/** How long a key is used; Stripe forgets it after 24 hours. */
export const keyLifetimeMs = 23 * 60 * 60 * 1000;

/** Classifies what the SDK threw when a v1 transfer was made. */
export function outcomeOfFailure(error: unknown): TransferOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const detail = `${error.type}: ${error.message}`;
  if (error.statusCode !== undefined && error.statusCode >= 500) return { kind: 'look_up', detail };
  if (
    error instanceof Stripe.errors.StripeConnectionError ||
    error instanceof Stripe.errors.StripeRateLimitError ||
    error.statusCode === 409 ||
    error.statusCode === 429
  ) {
    return { kind: 'same_key', detail };
  }
  if (error.code === 'balance_insufficient') return { kind: 'next_key', detail };
  if (error.code !== undefined && accountFaults.has(error.code)) {
    return { kind: 'failed', reason: 'account_restricted', detail };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    return { kind: 'failed', reason: error.code ?? 'refused', detail };
  }
  // A wrong or revoked key of ours is our fault, not the writer's: nothing was made, and it is mended by an operator.
  return { kind: 'next_key', detail };
}

const accountFaults = new Set([
  'insufficient_capabilities_for_transfer',
  'account_closed',
  'account_invalid',
  'resource_missing',
]);
