import { expect, test } from '@jest/globals';
import { progressLine } from './progress.ts';

test('a run that was gone on with is as fast as it is now, and says when it will be over', () => {
  const nowMs = Date.parse('2026-11-21T20:00:00.000Z');
  const run = { done: 1_200, failed: 3, total: 20_000, played: 200, elapsedMs: 120_000, nowMs };
  expect(progressLine(run)).toBe('1200 of 20000 seeds, 3 failed, 100.0 a minute, to end at 2026-11-21T23:08Z');
});
