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

/** Plays seeds with the mutant, `jobs` at a time, until one fails that does not fail without it. */
export async function tryBySimulation(
  copy: string,
  mutant: Mutant,
  { seeds, jobs }: { readonly seeds: number; readonly jobs: number },
): Promise<SimulationVerdict> {
  const verdict = await withMutant(copy, mutant, () => play(copy, { from: 1, seeds, jobs }));
  if (verdict.kind !== 'caught') return verdict;
  const { seed } = verdict;
  const without = await play(copy, { from: seed, seeds: 1, jobs: 1 });
  return without.kind === 'survived' ? verdict : { kind: 'untried', reason: `seed ${seed} fails without it` };
}

interface Seeds {
  readonly from: number;
  readonly seeds: number;
  readonly jobs: number;
}

async function play(copy: string, { from, seeds, jobs }: Seeds): Promise<SimulationVerdict> {
  const parameters = ['tools/mutants/first-seed-to-fail.ts', ...[from, seeds, jobs].map(String)];
  const { output, errors, isEndless } = await runInCopy(copy, parameters, longestMs);
  if (isEndless) return { kind: 'untried', reason: 'an hour was too short' };
  const report = seedReportIn(output);
  if (report === null) return { kind: 'untried', reason: errors.trim().split('\n').at(-1) ?? '' };
  return report.failure === null ? { kind: 'survived', seeds } : { kind: 'caught', ...report.failure };
}
