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

/** Puts the mutant into the copy, runs its tests until one fails, and takes it out again. */
export async function tryMutant(copy: string, mutant: Mutant): Promise<Verdict> {
  const path = join(copy, mutant.file);
  const text = readFileSync(path, 'utf8');
  writeFileSync(path, mutated(text, mutant));
  try {
    return await firstToFail(copy, mutant.tests);
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
