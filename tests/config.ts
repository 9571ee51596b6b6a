import { z } from 'zod';

const schema = z.object({
  /** What chance is drawn from; give a printed one again to see the same. */
  SYSTEM_TEST_SEED: z.coerce.number().int().min(0).max(999_999_999).default(1),
  /** How many processes are killed in all. */
  SYSTEM_TEST_KILLS: z.coerce.number().int().min(1).max(1_000).default(10),
  /** `all` tries each number of replicas with each number of chunks. */
  SYSTEM_TEST_SCALES: z.enum(['some', 'all']).default('some'),
  /** How many towns are simulated. */
  SYSTEM_TEST_SIMULATED_SEEDS: z.coerce.number().int().min(1).max(1_000_000).default(200),
  /** How many splits of money are drawn. */
  SYSTEM_TEST_SPLITS: z.coerce.number().int().min(1).max(100_000_000).default(100_000),
  /** About how many transfers the ledger and its model are given. */
  SYSTEM_TEST_LEDGER_COMMANDS: z.coerce.number().int().min(1).max(10_000_000).default(7_500),
  /** How many messages writers put into the outbox. */
  SYSTEM_TEST_OUTBOX_ROWS: z.coerce.number().int().min(1).max(10_000_000).default(5_000),
  /** How many changes race on one plan. */
  SYSTEM_TEST_RACES: z.coerce.number().int().min(1).max(1_000_000).default(1_000),
});

/** What the system tests read from their environment. */
export function readSystemTestConfig(): {
  readonly seed: number;
  readonly kills: number;
  readonly scales: 'some' | 'all';
  readonly simulatedSeeds: number;
  readonly splits: number;
  readonly ledgerCommands: number;
  readonly outboxRows: number;
  readonly races: number;
} {
  const parsed = schema.parse(process.env);
  return {
    seed: parsed.SYSTEM_TEST_SEED,
    kills: parsed.SYSTEM_TEST_KILLS,
    scales: parsed.SYSTEM_TEST_SCALES,
    simulatedSeeds: parsed.SYSTEM_TEST_SIMULATED_SEEDS,
    splits: parsed.SYSTEM_TEST_SPLITS,
    ledgerCommands: parsed.SYSTEM_TEST_LEDGER_COMMANDS,
    outboxRows: parsed.SYSTEM_TEST_OUTBOX_ROWS,
    races: parsed.SYSTEM_TEST_RACES,
  };
}
