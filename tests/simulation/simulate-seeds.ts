import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';

/** What became of one seed. */
export const SeedResultSchema = z.object({
  seed: z.int(),
  failure: z.object({ kind: z.enum(['broken', 'stuck']), sentence: z.string() }).nullable(),
  counts: z.record(z.string(), z.int()),
  /** Of all its steps; null when it was given up, or its process ended. */
  hash: z.string().nullable(),
});
export type SeedResult = z.infer<typeof SeedResultSchema>;

/** As many processes as keep the machine busy: when one waits, its database works. More would be in each other's way. */
export const usualJobs = availableParallelism() + 1;

/** How seeds are run. */
export interface Simulating {
  /** In so many processes of their own, since a world has a process to itself. */
  readonly jobs: number;
  /** Told of each seed as it ends, in no order. */
  readonly onResult: (result: SeedResult) => void;
  /** A seed that takes longer than this, in real time, is given up. */
  readonly giveUpAfterMs?: number;
  /** The program of such a process. */
  readonly workerFile?: URL;
}

/**
 * Runs seeds. One that fails does not end the others, nor does one that never ends: it is given up as `stuck`, and another
 * process takes the place of its own. The processes share the database server that the environment announces.
 */
export async function simulateSeeds(seeds: readonly number[], simulating: Simulating): Promise<void> {
  const waiting = seeds.values();
  const count = Math.min(simulating.jobs, seeds.length);
  await Promise.all(Array.from({ length: count }, () => runInTurn(waiting, simulating)));
}

const usualWorkerFile = new URL('./seed-worker.ts', import.meta.url);
/** Many times what the slowest takes on a machine that does much else. */
const usualPatienceMs = 300_000;

async function runInTurn(
  waiting: Iterable<number>,
  { onResult, giveUpAfterMs = usualPatienceMs, workerFile = usualWorkerFile }: Simulating,
): Promise<void> {
  let worker = startWorker(workerFile);
  try {
    for (const seed of waiting) {
      const result = await resultOf(worker, seed, giveUpAfterMs);
      if (result.hash === null) {
        await kill(worker);
        worker = startWorker(workerFile);
      }
      onResult(result);
    }
  } finally {
    await end(worker);
  }
}

function startWorker(file: URL): ChildProcess {
  return fork(file, { execArgv: ['--disable-warning=ExperimentalWarning'] });
}

async function resultOf(worker: ChildProcess, seed: number, giveUpAfterMs: number): Promise<SeedResult> {
  const over = new AbortController();
  const { signal } = over;
  const answer = once(worker, 'message', { signal }).then(([result]) => SeedResultSchema.parse(result));
  const exit = once(worker, 'exit', { signal }).then(([code, by]) =>
    unplayed(seed, `its process ended (${code ?? by})`),
  );
  const patience = sleep(giveUpAfterMs, null, { signal }).then(() =>
    unplayed(seed, `it was given up after ${giveUpAfterMs / 1_000} s`),
  );
  worker.send(seed);
  try {
    return await Promise.race([answer, exit, patience]);
  } finally {
    over.abort();
    await Promise.allSettled([answer, exit, patience]);
  }
}

function unplayed(seed: number, sentence: string): SeedResult {
  return { seed, failure: { kind: 'stuck', sentence }, counts: {}, hash: null };
}

async function kill(worker: ChildProcess): Promise<void> {
  worker.kill('SIGKILL');
  await exitOf(worker);
}

async function end(worker: ChildProcess): Promise<void> {
  if (worker.connected) worker.disconnect();
  await exitOf(worker);
}

async function exitOf(worker: ChildProcess): Promise<void> {
  if (worker.exitCode === null && worker.signalCode === null) await once(worker, 'exit');
}
