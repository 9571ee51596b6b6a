import { stripVTControlCharacters } from 'node:util';

/** What a run of tests has come to. */
export interface TestReport {
  /** Tests that ran to a good end. */
  readonly passed: number;
  /** The first test that failed, with the first line of why. */
  readonly failure: { readonly test: string; readonly reason: string } | null;
  /** Why a file never came to a test: it cannot be read. */
  readonly broken: string | null;
}

const mark = '#tests ';

/** Finds the report in what Jest has written; null when it has ended without one. */
export function reportIn(output: string): TestReport | null {
  const line = output.split('\n').findLast((candidate) => candidate.startsWith(mark));
  if (line === undefined) return null;
  const report: TestReport = JSON.parse(line.slice(mark.length));
  return report;
}

/** The parts of Jest's results that are read. */
interface TestCaseResult {
  readonly status: string;
  readonly fullName: string;
  readonly failureMessages: readonly string[];
}

interface RunResults {
  readonly numPassedTests: number;
  readonly testResults: readonly { readonly testExecError?: unknown; readonly failureMessage?: string | null }[];
}

/** A reporter for Jest that ends the run with the first failure: who asks whether a mutant is caught needs no more. */
export default class FirstFailureReporter {
  onTestCaseResult(_test: unknown, { status, fullName, failureMessages }: TestCaseResult): void {
    if (status !== 'failed') return;
    say({ passed: 0, failure: { test: fullName, reason: firstLineOf(failureMessages[0]) }, broken: null });
    // The servers of the run end with their process.
    process.exit(1);
  }

  onRunComplete(_contexts: unknown, { numPassedTests, testResults }: RunResults): void {
    const unread = testResults.find(({ testExecError }) => testExecError !== undefined && testExecError !== null);
    const broken = unread === undefined ? null : firstLineOf(unread.failureMessage);
    say({ passed: numPassedTests, failure: null, broken });
  }
}

function say(report: TestReport): void {
  process.stdout.write(`${mark}${JSON.stringify(report)}\n`);
}

function firstLineOf(message: string | null | undefined): string {
  const lines = stripVTControlCharacters(message ?? '').split('\n');
  return lines.find((line) => line.trim() !== '')?.trim() ?? 'no reason is given';
}
