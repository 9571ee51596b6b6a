import { z } from 'zod';

const schema = z.object({
  /** What chance is drawn from; give a printed one again to see the same. */
  SYSTEM_TEST_SEED: z.coerce.number().int().min(0).max(999_999_999).default(1),
  /** How many processes are killed in all. */
  SYSTEM_TEST_KILLS: z.coerce.number().int().min(1).max(1_000).default(10),
});

/** What the system tests read from their environment. */
export function readSystemTestConfig(): { readonly seed: number; readonly kills: number } {
  const { SYSTEM_TEST_SEED: seed, SYSTEM_TEST_KILLS: kills } = schema.parse(process.env);
  return { seed, kills };
}
