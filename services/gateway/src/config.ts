import { serverEnvironment } from '@wewrite/service-kit';
import { z } from 'zod';

/** The gateway owns no schema and hears no topic: it only needs to know where the services answer. */
export const environment = serverEnvironment(8080).extend({
  ALLOCATIONS_URL: z.url(),
  BILLING_URL: z.url(),
  EARNINGS_URL: z.url(),
  PAYOUTS_URL: z.url(),
  MONITORING_URL: z.url(),
  /** Requests a second of one user in the long run, and at once. */
  RATE_LIMIT_PER_SECOND: z.coerce.number().positive().default(50),
  RATE_LIMIT_BURST: z.coerce.number().int().min(1).default(200),
  /** Addresses without a limit, separated by commas. */
  RATE_LIMIT_EXEMPT: z
    .string()
    .default('127.0.0.1,::1,::ffff:127.0.0.1')
    .transform((text) => new Set(text.split(','))),
});

export type Config = z.infer<typeof environment>;
