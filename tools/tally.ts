/** What a run has come to: counts of checks and tests, and the names of tests that were skipped, so that none is silent. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: readonly string[];
}

/** The part of Jest's `--json` results that is counted. */
interface JestResults {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  /** Files that never came to a test: their failure is counted as one. */
  readonly numRuntimeErrorTestSuites: number;
  readonly testResults: readonly {
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

const ranStatuses = ['passed', 'failed'];

/**
 * Counts Jest's results. `succeeded` is what its exit code said: where that is a failure which no test shows (a global
 * tear-down, say), one is counted.
 */
export function tallyOfJest(json: string, succeeded: boolean): Tally {
  const results: JestResults = JSON.parse(json);
  const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
  return {
    passed: results.numPassedTests,
    failed: succeeded ? failed : Math.max(1, failed),
    skipped: results.testResults
      .flatMap((file) => file.assertionResults)
      .filter((test) => !ranStatuses.includes(test.status))
      .map((test) => test.fullName),
  };
}

/** One tally of several. */
export function addTallies(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
    skipped: tallies.flatMap((tally) => tally.skipped),
  };
}

/** The line that ends a run: `N passed, N failed`, with `, N skipped` where any was. */
export function closingLine(tally: Tally): string {
  const skipped = tally.skipped.length === 0 ? '' : `, ${tally.skipped.length} skipped`;
  return `${tally.passed} passed, ${tally.failed} failed${skipped}`;
}
