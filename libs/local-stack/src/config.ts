import { z } from 'zod';

/** Where the test stack of this Jest run listens; set by `testing-setup.ts` and inherited by Jest's workers. */
const testStackVariable = 'WEWRITE_TEST_STACK';

const testEnvironmentSchema = z.object({
  KAFKA_BROKERS: z
    .string()
    .optional()
    .transform((brokers) => brokers?.split(',').map((broker) => broker.trim()))
    .pipe(z.array(z.string().regex(/^[^\s:]+:\d+$/, 'KAFKA_BROKERS is host:port, separated by commas')).optional()),
  [testStackVariable]: z.url().optional(),
});

/** What the environment says about tests: an outside broker, if any, and the address of the run's test stack. */
export function readTestEnvironment(): { brokers: string[] | null; testStackUrl: string | null } {
  const parsed = testEnvironmentSchema.parse(process.env);
  return { brokers: parsed.KAFKA_BROKERS ?? null, testStackUrl: parsed[testStackVariable] ?? null };
}

/** Tells the processes that this one will fork where the test stack listens, or, with `null`, that it is gone. */
export function announceTestStack(url: string | null): void {
  if (url === null) delete process.env[testStackVariable];
  else process.env[testStackVariable] = url;
}

/** Throws when `NODE_ENV` is `production`: embedded parts keep nothing safe and are for development only. */
export function refuseInProduction(part: string): void {
  if (process.env.NODE_ENV === 'production') {
    throw new Error(`${part} is for development only and refuses to start with NODE_ENV=production.`);
  }
}
