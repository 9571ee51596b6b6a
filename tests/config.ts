import { z } from 'zod';

const schema = z.object({
  /** What chance is drawn from; give a printed one again to see the same. */
  SYSTEM_TEST_SEED: z.coerce.number().int().min(0).max(999_999_999).default(1),
  /** How many processes are killed in all. */
  SYSTEM_TEST_KILLS: z.coerce.number().int().min(1).max(1_000).default(10),
  /** `all` tries each number of replicas with each number of chunks. */
  SYSTEM_TEST_SCALES: z.enum(['some', 'all']).default('some'),
});

/** What the system tests read from their environment. */
export function readSystemTestConfig(): {
  readonly seed: number;
  readonly kills: number;
  readonly scales: 'some' | 'all';
} {
  const { SYSTEM_TEST_SEED: seed, SYSTEM_TEST_KILLS: kills, SYSTEM_TEST_SCALES: scales } = schema.parse(process.env);
  return { seed, kills, scales };
}
