import type Stripe from 'stripe';
import { z } from 'zod';

/** An amount as v2 gives it: minor units with their currency. */
export type V2Amount = Stripe.V2.MoneyManagement.Transaction['amount'];

/** The one currency of the sandbox, as v2 takes it. */
export const v2Currency = z.literal('usd', 'This account takes usd only.');

/** An amount that is to be moved. */
export const v2Amount = z.strictObject({ value: z.int().min(1).max(99_999_999), currency: v2Currency });

export function usd(cents: number): V2Amount {
  return { value: cents, currency: 'usd' };
}
