import { prettifyError, z } from 'zod';
import type { SandboxOptions } from './start-sandbox.ts';

const environment = z.object({
  HOST: z.string().default('127.0.0.1'),
  PORT: z.coerce.number().int().min(0).max(65_535).default(8090),
  /** Where browsers find the pages that the sandbox links to, where that is not where it listens. */
  SANDBOX_URL: z.url().optional(),
  SANDBOX_DATABASE: z.string().min(1),
  /** Where a new sandbox's clock stands at first; without it the clock runs, from the present. */
  SANDBOX_NOW: z.iso.datetime({ offset: true }).optional(),
  SANDBOX_RATE_LIMIT: z.coerce.number().int().min(1).optional(),
});

/** Reads the sandbox's configuration; throws with all that is wrong at once. */
export function readConfig(variables: NodeJS.ProcessEnv = process.env): SandboxOptions {
  const read = environment.safeParse(variables);
  if (!read.success) throw new Error(`sandbox configuration: ${prettifyError(read.error)}`);
  const { HOST, PORT, SANDBOX_URL, SANDBOX_DATABASE, SANDBOX_NOW, SANDBOX_RATE_LIMIT: limit } = read.data;
  return {
    host: HOST,
    port: PORT,
    ...(SANDBOX_URL === undefined ? {} : { publicUrl: SANDBOX_URL }),
    databaseFile: SANDBOX_DATABASE,
    now: SANDBOX_NOW ?? new Date().toISOString(),
    running: SANDBOX_NOW === undefined,
    rateLimit: limit === undefined ? null : { requestsPerSecond: limit },
  };
}
