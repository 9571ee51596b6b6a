import { describe, expect, test } from '@jest/globals';
import { addTallies, closingLine, tallyOfJest } from './tally.ts';

function results(counts: { passed: number; failed: number; broken: number; skipped: readonly string[] }): string {
  const assertionResults = counts.skipped.map((fullName) => ({ fullName, status: 'pending' }));
  return JSON.stringify({
    numPassedTests: counts.passed,
    numFailedTests: counts.failed,
    numRuntimeErrorTestSuites: counts.broken,
    testResults: [{ assertionResults: [...assertionResults, { fullName: 'one that ran', status: 'passed' }] }],
  });
}

describe('the closing line of a run', () => {
  test('Tests that failed and files that never came to a test both count as failures', () => {
    const tally = tallyOfJest(results({ passed: 5, failed: 1, broken: 2, skipped: [] }), false);
    expect(closingLine(tally)).toBe('5 passed, 3 failed');
  });

  test('A run that failed without a failing test is not green', () => {
    const tally = tallyOfJest(results({ passed: 5, failed: 0, broken: 0, skipped: [] }), false);
    expect(closingLine(tally)).toBe('5 passed, 1 failed');
  });

  test('Skipped tests are counted and named', () => {
    const tally = tallyOfJest(results({ passed: 5, failed: 0, broken: 0, skipped: ['no broker'] }), true);
    expect(tally.skipped).toEqual(['no broker']);
    expect(closingLine(tally)).toBe('5 passed, 0 failed, 1 skipped');
  });

  test('Checks and tests add up', () => {
    const sum = addTallies([
      { passed: 1, failed: 0, skipped: [] },
      { passed: 0, failed: 1, skipped: [] },
      { passed: 7, failed: 0, skipped: ['a'] },
    ]);
    expect(closingLine(sum)).toBe('8 passed, 1 failed, 1 skipped');
  });
});
