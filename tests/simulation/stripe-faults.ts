import type { FaultKind } from '@wewrite/local-stack/sandbox';
import type { Faults } from './faults.ts';
import type { Life } from './life.ts';

/** The part of a call that its faults depend on. */
interface StripeCall {
  readonly method: string;
  readonly path: string;
}

/** What befalls a call of Stripe's API; `caller` is null for those that are not a service's. */
export function faultAtStripe(
  faults: Faults,
  { method, path }: StripeCall,
  caller: Life | null,
): FaultKind | undefined {
  if (caller === null) return undefined;
  if (caller.isOver() || caller.endsAt('before_stripe_call')) return 'connection_reset';
  if (caller.endsAt('after_stripe_call')) return 'reset_after_success';
  if (faults.draw('stripe_reset')) return 'connection_reset';
  if (faults.draw('stripe_silent')) return 'reset_after_success';
  if (faults.draw('stripe_429')) return '429';
  // Whether money has moved is asked of Stripe again after such a failure: there it comes the more often.
  const draws = method === 'POST' && movesMoney.test(path) ? 10 : 1;
  return Array.from({ length: draws }).some(() => faults.draw('stripe_500')) ? '500' : undefined;
}

const movesMoney = /^\/v1\/(transfers|payouts|refunds)$/;
