import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';

/** What became of one seed. */
export const SeedResultSchema = z.object({
  seed: z.int(),
  failure: z.object({ kind: z.enum(['broken', 'stuck']), sentence: z.string() }).nullable(),
  counts: z.record(z.string(), z.int()),
  hash: z.string(),
});
export type SeedResult = z.infer<typeof SeedResultSchema>;

/** As many processes as keep the machine busy: each waits for its database about as long as it works. */
export const usualJobs = 2 * availableParallelism();

const workerFile = fileURLToPath(new URL('./seed-worker.ts', import.meta.url));

/**
 * Runs seeds in `jobs` processes of their own, since a world has a process to itself; tells of each as it ends, in no order.
 * Each process has its own database server unless the run's is announced in the environment.
 */
export async function simulateSeeds(
  seeds: readonly number[],
  jobs: number,
  onResult: (result: SeedResult) => void,
): Promise<void> {
  const waiting = [...seeds];
  await Promise.all(
    Array.from({ length: Math.min(jobs, seeds.length) }, async () => {
      const worker = fork(workerFile, { execArgv: ['--disable-warning=ExperimentalWarning'] });
      try {
        for (let seed = waiting.shift(); seed !== undefined; seed = waiting.shift()) {
          onResult(await resultOf(worker, seed));
        }
      } finally {
        worker.disconnect();
        if (worker.exitCode === null) await once(worker, 'exit');
      }
    }),
  );
}

async function resultOf(worker: ChildProcess, seed: number): Promise<SeedResult> {
  const ended = new AbortController();
  const exit = once(worker, 'exit', { signal: ended.signal }).then(([code]) => {
    throw new Error(`the process that ran seed ${seed} ended (${code}).`);
  });
  const answer = once(worker, 'message', { signal: ended.signal }).then(([result]) => SeedResultSchema.parse(result));
  worker.send(seed);
  try {
    return await Promise.race([answer, exit]);
  } finally {
    ended.abort();
    await Promise.allSettled([answer, exit]);
  }
}
