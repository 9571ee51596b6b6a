import { join } from 'node:path';
import { reportIn } from './first-failure-reporter.ts';
import { runInCopy } from './run-in-copy.ts';

/** What became of one test file. */
export type Outcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly test: string; readonly reason: string }
  /** It ran for longer than any good run does. */
  | { readonly kind: 'endless' }
  /** No test has run: there is a syntax error, or the file's tests are all skipped on this machine. */
  | { readonly kind: 'not_run'; readonly reason: string };

const longestMs = 5 * 60_000;

/** Runs one test file in a copy of the tree, up to its first failure. */
export async function runTestFile(copy: string, testFile: string): Promise<Outcome> {
  const parameters = [
    '--experimental-vm-modules',
    'node_modules/jest/bin/jest.js',
    '--ci',
    `--cacheDirectory=${join(copy, '..', 'cache')}`,
    `--reporters=${join(copy, 'tools/mutants/first-failure-reporter.ts')}`,
    '--runInBand',
    '--runTestsByPath',
    testFile,
  ];
  const { output, errors, isEndless } = await runInCopy(copy, parameters, longestMs);
  if (isEndless) return { kind: 'endless' };
  const report = reportIn(output);
  if (report === null) return { kind: 'not_run', reason: firstErrorIn(errors) };
  if (report.failure !== null) return { kind: 'failed', ...report.failure };
  if (report.broken !== null) return { kind: 'not_run', reason: report.broken };
  return report.passed > 0 ? { kind: 'passed' } : { kind: 'not_run', reason: 'all its tests are skipped here' };
}

function firstErrorIn(output: string): string {
  const lines = output.trim().split('\n');
  return lines.find((line) => line.includes('Error')) ?? lines.at(-1) ?? '';
}
