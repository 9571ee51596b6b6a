import { z } from 'zod';
import type { SandboxOptions } from './start-sandbox.ts';

const environment = z.object({
  PORT: z.coerce.number().int().min(0).max(65_535).default(8090),
  SANDBOX_DATABASE: z.string().min(1),
  SANDBOX_NOW: z.iso.datetime({ offset: true }),
  SANDBOX_RATE_LIMIT: z.coerce.number().int().min(1).optional(),
});

/** Reads the sandbox's configuration; throws with all that is wrong at once. */
export function readConfig(variables: NodeJS.ProcessEnv = process.env): SandboxOptions {
  const read = environment.safeParse(variables);
  if (!read.success) throw new Error(`sandbox configuration: ${z.prettifyError(read.error)}`);
  const { PORT, SANDBOX_DATABASE, SANDBOX_NOW, SANDBOX_RATE_LIMIT: limit } = read.data;
  return {
    port: PORT,
    databaseFile: SANDBOX_DATABASE,
    now: SANDBOX_NOW,
    rateLimit: limit === undefined ? null : { requestsPerSecond: limit },
  };
}
