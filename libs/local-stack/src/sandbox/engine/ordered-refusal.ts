import type { FaultKind } from './faults.ts';
import { refused, StripeFailure } from './stripe-failure.ts';

/** What Stripe answers to a call that a fault has refused before it begins; undefined for another fault. */
export function refusalBefore(fault: FaultKind | undefined): StripeFailure | undefined {
  if (fault === '401') {
    const message = 'Invalid API Key provided: sk_test_*******.';
    return new StripeFailure(401, { type: 'invalid_request_error', message }, { validation: true });
  }
  if (fault === '409') {
    const message = 'There is currently another in-progress request using this Idempotent Key.';
    const detail = { type: 'idempotency_error', code: 'idempotency_key_in_use', message } as const;
    return new StripeFailure(409, detail, { validation: true });
  }
  return undefined;
}

/** …and of one that it refuses once it has begun, which its key remembers. */
export function refusalWithin(fault: FaultKind | undefined): StripeFailure | undefined {
  if (fault !== 'balance_insufficient') return undefined;
  return refused('You have insufficient available funds in your Stripe account.', { code: fault });
}
