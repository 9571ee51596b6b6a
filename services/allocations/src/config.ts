import { kitEnvironment } from '@wewrite/service-kit';
import { z } from 'zod';

/** The environment of the allocations service. */
export const environment = kitEnvironment(8081).extend({
  /** When the month before is closed, UTC. */
  CLOSE_CRON: z.string().default('0 9 1 * *'),
  /** When the running month's close is rehearsed, UTC. */
  REHEARSAL_CRON: z.string().default('0 9 28 * *'),
  /** How long a close may wait for its funding before it is reported. */
  FUNDING_ALERT_MINUTES: z.coerce.number().int().min(1).default(60),
  /** Supporters looked at for one chunk; a chunk also ends at about `CHUNK_LINES` lines. */
  CHUNK_SUPPORTERS: z.coerce.number().int().min(1).max(5_000).default(500),
  CHUNK_LINES: z.coerce.number().int().min(1).max(50_000).default(10_000),
});

export type Config = z.infer<typeof environment>;
