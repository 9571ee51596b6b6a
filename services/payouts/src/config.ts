import { kitEnvironment } from '@wewrite/service-kit';
import { keyFitsEnvironment, liveKeyFault, stripeVariables } from '@wewrite/service-kit/stripe';
import { z } from 'zod';

/** The environment of payouts. Amounts are US cents, rates basis points. */
export const environment = kitEnvironment(8084)
  .extend({
    ...stripeVariables,
    /** How money reaches writers: from a storage balance by outbound payments, or from the payments balance by transfers. */
    ESCROW: z.enum(['storage', 'connect']).default('storage'),
    /** The financial account that holds the storage balance. */
    STRIPE_FINANCIAL_ACCOUNT_ID: z.string().startsWith('fa_').optional(),
    PAYOUT_MINIMUM_CENTS: z.coerce.number().int().min(1).default(2_500),
    PROCESSING_FEE_BPS: z.coerce.number().int().min(0).max(10_000).default(290),
    PROCESSING_FEE_FIXED_CENTS: z.coerce.number().int().min(0).default(30),
    /** The most that a writer comes to owe us by refunds (D8): what is beyond is written off at once. Without: all is owed. */
    NEGATIVE_BALANCE_FLOOR_CENTS: z.coerce.number().int().min(0).optional(),
    /** Requests a second that all replicas together send to Stripe (D6); 0: no limit, for a stand-in that has none. */
    STRIPE_REQUESTS_PER_SECOND: z.coerce.number().int().min(0).max(100).default(20),
    /** Transfers that a replica has under way at the same time. */
    TRANSFER_CONCURRENCY: z.coerce.number().int().min(2).max(100).default(32),
    /** Where Stripe sends writers back to after onboarding. */
    PAYOUT_ACCOUNT_URL: z.url().default('http://localhost:8080/writer/payout-account'),
  })
  .refine(keyFitsEnvironment, liveKeyFault())
  .refine((config) => config.ESCROW === 'connect' || config.STRIPE_FINANCIAL_ACCOUNT_ID !== undefined, {
    path: ['STRIPE_FINANCIAL_ACCOUNT_ID'],
    error: 'ESCROW=storage needs the id of the financial account',
  });

export type Config = z.infer<typeof environment>;
