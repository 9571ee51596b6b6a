import { serverEnvironment } from '@wewrite/service-kit';
import { z } from 'zod';

/** The gateway owns no schema and hears no topic: it only needs to know where the services answer. */
export const environment = serverEnvironment(8080).extend({
  ALLOCATIONS_URL: z.url(),
  BILLING_URL: z.url(),
  EARNINGS_URL: z.url(),
  PAYOUTS_URL: z.url(),
  MONITORING_URL: z.url(),
});

export type Config = z.infer<typeof environment>;
