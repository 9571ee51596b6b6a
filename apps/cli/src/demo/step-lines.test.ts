import { expect, test } from '@jest/globals';
import { type StepProgress, StepProgressSchema } from '@wewrite/contracts';
import { stepLines } from './step-lines.ts';

function lineOf(change: Partial<StepProgress>): string {
  const step = StepProgressSchema.parse({
    step: 'lines',
    service: 'earnings',
    expected: 1_000,
    done: 250,
    state: 'running',
    durationMs: 5_000,
    sums: {},
    ...change,
  });
  return stepLines({ steps: [step] }).join();
}

test('a step that goes on shows its counts, its rate and the time left', () => {
  expect(lineOf({})).toBe('lines           ██████░░░░░░░░░░░░░░░░░░ 250 of 1,000, 50/s, 15 s left');
  expect(lineOf({ done: 10 })).toMatch(/ 10 of 1,000, 2\.0\/s, 8 min 15 s left$/);
  expect(lineOf({ done: 1, expected: 10_000, durationMs: 1_000 })).toMatch(/, 1\.0\/s, 2 h 46 min left$/);
});

test('a step that is done shows its rate, and nothing is left', () => {
  expect(lineOf({ done: 1_000, state: 'done' })).toMatch(/█ 1,000 of 1,000, 200\/s$/);
});

test('what is not known yet is not shown', () => {
  expect(lineOf({ expected: null, done: 0, state: 'waiting', durationMs: null })).toBe('lines           waiting');
  expect(lineOf({ expected: null })).toBe('lines           running, 50/s');
  expect(lineOf({ durationMs: 0 })).toMatch(/250 of 1,000$/);
  expect(lineOf({ done: 0, state: 'waiting_for_funds' })).toMatch(/ 0 of 1,000 waiting for funds$/);
});
