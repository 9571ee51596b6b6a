import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Mutant, mutated } from './mutant.ts';
import { type Outcome, runTestFile } from './run-test-file.ts';

/** Whether the tests have noticed a mutant. */
export type Verdict =
  | { readonly kind: 'caught'; readonly testFile: string; readonly test: string; readonly reason: string }
  | { readonly kind: 'survived' }
  /** Nothing is proved: its tests could not run. */
  | { readonly kind: 'untried'; readonly reason: string };

/** Runs the mutant's tests with it until one fails. */
export function tryMutant(copy: string, mutant: Mutant): Promise<Verdict> {
  return withMutant(copy, mutant, () => firstToFail(copy, mutant.tests));
}

/** Puts the mutant into the copy for as long as something is done with it. */
export async function withMutant<Result>(copy: string, mutant: Mutant, work: () => Promise<Result>): Promise<Result> {
  const path = join(copy, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(text, mutant));
  try {
    return await work();
  } finally {
    writeFileSync(path, text);
  }
}

async function firstToFail(copy: string, tests: readonly string[]): Promise<Verdict> {
  for (const testFile of tests) {
    const outcome = await runTestFile(copy, testFile);
    const verdict = verdictOf(testFile, outcome);
    if (verdict !== null) return verdict;
  }
  return { kind: 'survived' };
}

/** Null when the file has noticed nothing. */
function verdictOf(testFile: string, outcome: Outcome): Verdict | null {
  switch (outcome.kind) {
    case 'passed':
      return null;
    case 'failed':
      return { ...outcome, kind: 'caught', testFile };
    case 'endless':
      return { kind: 'caught', testFile, test: 'the file never ends', reason: 'stopped after five minutes' };
    case 'not_run':
      return { kind: 'untried', reason: `${testFile}: ${outcome.reason}` };
  }
}
