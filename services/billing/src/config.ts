import { kitEnvironment } from '@wewrite/service-kit';
import { z } from 'zod';

/** Signing secrets, separated by commas: while one is being rotated, two are good. */
const secrets = z
  .string()
  .transform((text) => text.split(',').map((secret) => secret.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** The environment of billing. Live keys of Stripe are refused outside of production. */
export const environment = kitEnvironment(8082)
  .extend({
    STRIPE_SECRET_KEY: z.string().regex(/^[sr]k_(test|live)_/, 'a secret key begins with sk_test_ or sk_live_'),
    /** Where Stripe's API is when it is not Stripe's own: the sandbox. */
    STRIPE_API_URL: z.url().optional(),
    /** How long Stripe may take to answer one try of a call. */
    STRIPE_TIMEOUT_MS: z.coerce.number().int().min(100).max(80_000).default(20_000),
    STRIPE_WEBHOOK_SECRET: secrets,
    STRIPE_CONNECT_WEBHOOK_SECRET: secrets,
    STRIPE_V2_WEBHOOK_SECRET: secrets,
    /** The product that subscriptions are prices of; made when it does not exist. */
    STRIPE_PRODUCT_ID: z.string().min(1).default('wewrite_subscription'),
    /** Where writers' money waits: in the payments balance, kept apart in the ledger. */
    ESCROW: z.literal('connect').default('connect'),
    /** When the funding of the month before is completed (B7), UTC. */
    FUNDING_CRON: z
      .string()
      .regex(/^(\S+ ){4}\S+$/, 'five fields: minute hour day month weekday')
      .default('30 0 1 * *'),
  })
  .refine((config) => config.NODE_ENV === 'production' || !config.STRIPE_SECRET_KEY.includes('k_live_'), {
    path: ['STRIPE_SECRET_KEY'],
    error: 'a live key is refused unless NODE_ENV is production',
  });

export type BillingConfig = z.infer<typeof environment>;
