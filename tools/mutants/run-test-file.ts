import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { reportIn } from './first-failure-reporter.ts';

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
  const { output, errors, isEndless } = await run(copy, [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--ci',
    `--cacheDirectory=${join(copy, '..', 'cache')}`,
    `--reporters=${join(copy, 'tools/mutants/first-failure-reporter.ts')}`,
    '--runInBand',
    '--runTestsByPath',
    testFile,
  ]);
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

interface Ended {
  readonly output: string;
  readonly errors: string;
  readonly isEndless: boolean;
}

/** What the process has written, once it has ended; it is ended when it takes too long. */
function run(copy: string, parameters: readonly string[]): Promise<Ended> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, parameters, { cwd: copy, stdio: ['ignore', 'pipe', 'pipe'] });
    const written: Buffer[] = [];
    const errors: Buffer[] = [];
    let isEndless = false;
    const deadline = setTimeout(() => {
      isEndless = true;
      child.kill('SIGKILL');
    }, longestMs);
    child.stdout.on('data', (chunk: Buffer) => written.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', () => {
      clearTimeout(deadline);
      const text = (chunks: readonly Buffer[]) => Buffer.concat(chunks).toString('utf8');
      resolve({ output: text(written), errors: text(errors), isEndless });
    });
  });
}
