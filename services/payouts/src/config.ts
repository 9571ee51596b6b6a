import { kitEnvironment } from '@wewrite/service-kit';
import { keyFitsEnvironment, liveKeyFault, stripeVariables } from '@wewrite/service-kit/stripe';
import { z } from 'zod';

/** The environment of payouts. Amounts are US cents, rates basis points. */
export const environment = kitEnvironment(8084)
  .extend({
    ...stripeVariables,
    /** How money reaches writers: by transfers from the payments balance. */
    ESCROW: z.literal('connect').default('connect'),
    PAYOUT_MINIMUM_CENTS: z.coerce.number().int().min(1).default(2_500),
    PROCESSING_FEE_BPS: z.coerce.number().int().min(0).max(10_000).default(290),
    PROCESSING_FEE_FIXED_CENTS: z.coerce.number().int().min(0).default(30),
    /** Transfers under way at the same time. */
    TRANSFER_CONCURRENCY: z.coerce.number().int().min(1).max(100).default(16),
    /** Where Stripe sends writers back to after onboarding. */
    PAYOUT_ACCOUNT_URL: z.url().default('http://localhost:8080/writer/payout-account'),
  })
  .refine(keyFitsEnvironment, liveKeyFault());

export type Config = z.infer<typeof environment>;
