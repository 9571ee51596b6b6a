import type { Mutant } from './mutant.ts';
import { runInCopy } from './run-in-copy.ts';
import { seedReportIn } from './seed-report.ts';
import { withMutant } from './try-mutant.ts';

/** Whether the simulation has noticed a mutant. */
export type SimulationVerdict =
  | { readonly kind: 'caught'; readonly seed: number; readonly sentence: string }
  | { readonly kind: 'survived'; readonly seeds: number }
  /** Nothing is proved: it did not come to a seed's end. */
  | { readonly kind: 'untried'; readonly reason: string };

const longestMs = 60 * 60_000;

/** Puts the mutant into the copy and plays seeds, `jobs` at a time, until one fails. */
export async function tryBySimulation(
  copy: string,
  mutant: Mutant,
  { seeds, jobs }: { readonly seeds: number; readonly jobs: number },
): Promise<SimulationVerdict> {
  return withMutant(copy, mutant, async () => {
    const parameters = ['tools/mutants/first-seed-to-fail.ts', String(seeds), String(jobs)];
    const { output, errors, isEndless } = await runInCopy(copy, parameters, longestMs);
    if (isEndless) return { kind: 'untried', reason: 'an hour was too short' };
    const report = seedReportIn(output);
    if (report === null) return { kind: 'untried', reason: errors.trim().split('\n').at(-1) ?? '' };
    return report.failure === null ? { kind: 'survived', seeds } : { kind: 'caught', ...report.failure };
  });
}
