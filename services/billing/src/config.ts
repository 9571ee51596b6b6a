import { kitEnvironment } from '@wewrite/service-kit';
import { keyFitsEnvironment, liveKeyFault, stripeVariables } from '@wewrite/service-kit/stripe';
import { z } from 'zod';

/** Signing secrets, separated by commas: while one is being rotated, two are good. */
const secrets = z
  .string()
  .transform((text) => text.split(',').map((secret) => secret.trim()))
  .pipe(z.array(z.string().min(1)).min(1));

/** The environment of billing. Live keys of Stripe are refused outside of production. */
export const environment = kitEnvironment(8082)
  .extend({
    ...stripeVariables,
    STRIPE_WEBHOOK_SECRET: secrets,
    STRIPE_CONNECT_WEBHOOK_SECRET: secrets,
    STRIPE_V2_WEBHOOK_SECRET: secrets,
    /** The product that subscriptions are prices of; made when it does not exist. */
    STRIPE_PRODUCT_ID: z.string().min(1).default('wewrite_subscription'),
    /** Where Stripe's checkout and customer portal send supporters back to. */
    SUBSCRIPTION_URL: z.url().default('http://localhost:8080/supporter/subscription'),
    /** Where writers' money waits: in a storage balance of its own, or in the payments balance, kept apart in the ledger. */
    ESCROW: z.enum(['storage', 'connect']).default('storage'),
    /** The financial account that holds the storage balance; opened outside. */
    STRIPE_FINANCIAL_ACCOUNT_ID: z.string().startsWith('fa_').optional(),
    /** B8: how much revenue stays at Stripe when the rest is paid to the platform's bank; without it nothing is. */
    REVENUE_RETAINED_CENTS: z
      .string()
      .regex(/^\d{1,15}$/, 'whole cents')
      .transform(Number)
      .optional(),
    /** When the funding of the month before is completed (B7), UTC. */
    FUNDING_CRON: z
      .string()
      .regex(/^(\S+ ){4}\S+$/, 'five fields: minute hour day month weekday')
      .default('30 0 1 * *'),
  })
  .refine(keyFitsEnvironment, liveKeyFault())
  .refine((config) => config.ESCROW === 'connect' || config.STRIPE_FINANCIAL_ACCOUNT_ID !== undefined, {
    path: ['STRIPE_FINANCIAL_ACCOUNT_ID'],
    error: 'ESCROW=storage needs the id of the financial account',
  });

export type BillingConfig = z.infer<typeof environment>;
