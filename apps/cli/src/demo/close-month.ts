import { setTimeout as delay } from 'node:timers/promises';
import { type Month, MonthCloseSchema, type MonthProgress, MonthProgressSchema } from '@wewrite/contracts';
import { RunFailure } from '../exit-codes.ts';
import { type Api, ApiFailure, pathOf } from './api.ts';

const lookEveryMs = 100;
/** Longer than a killed consumer's partitions stay with it. */
const motionlessMs = 150_000;
/** For books that differ although every step is done. */
const unexplainedMs = 30_000;

/** Starts a month's close, or finds it started. */
export async function startClose(api: Api, token: string, month: Month): Promise<void> {
  await api.ask({ method: 'POST', path: pathOf('months', month, 'close'), token, answer: MonthCloseSchema });
}

/** Where a month stands; null when monitoring has heard nothing of its close. */
export async function readProgress(api: Api, token: string, month: Month): Promise<MonthProgress | null> {
  try {
    return await api.ask({
      method: 'GET',
      path: pathOf('months', month, 'progress'),
      token,
      answer: MonthProgressSchema,
    });
  } catch (error) {
    if (error instanceof ApiFailure && error.problem?.code === 'not_found') return null;
    throw error;
  }
}

/**
 * Waits until the month is reconciled, showing each change. Throws, with what it still waits for or what does not add up,
 * when nothing moves any more.
 */
export async function whenReconciled(
  api: Api,
  token: string,
  month: Month,
  onChange: (progress: MonthProgress) => void,
): Promise<MonthProgress> {
  let before = '';
  let movedAt = performance.now();
  for (;;) {
    const progress = await readProgress(api, token, month);
    const picture = JSON.stringify(progress);
    if (picture !== before) {
      movedAt = performance.now();
      if (progress !== null) onChange(progress);
    }
    before = picture;
    if (progress?.reconciled === true) return progress;
    const patienceMs = progress?.state === 'unexplained' ? unexplainedMs : motionlessMs;
    if (performance.now() - movedAt > patienceMs)
      throw new RunFailure(`${month} is not reconciled: ${reasonOf(progress)}`);
    await delay(lookEveryMs);
  }
}

/** What a month still waits for, or what does not add up. */
export function reasonOf(progress: MonthProgress | null): string {
  if (progress === null) return 'monitoring has heard nothing of its close';
  const differences = progress.differences.map(
    ({ name, leftCents, rightCents }) => `${name}: ${leftCents} against ${rightCents} cents`,
  );
  const open = progress.steps
    .filter(({ state }) => state !== 'done')
    .map(({ step, done, expected }) => `${step} ${done} of ${expected ?? '?'}`);
  return [...progress.waitingFor, ...differences, ...open].join('; ');
}
