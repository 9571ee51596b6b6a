import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { watchForStall } from './kafkajs-watchdog.ts';
import { silentLog } from './log.ts';

describe('watchForStall', () => {
  const stalledAfterMs = 60_000;
  let waiting: number | Error;
  let stalls: string[];

  function watch() {
    return watchForStall({
      stalledAfterMs,
      lag: async () => {
        if (Error.isError(waiting)) throw waiting;
        return waiting;
      },
      onStall: ({ message }) => stalls.push(message),
      log: silentLog,
    });
  }

  beforeEach(() => {
    jest.useFakeTimers();
    waiting = 0;
    stalls = [];
  });
  afterEach(() => {
    jest.useRealTimers();
  });

  test('Kafka: records that wait while nothing moves between two checks are a stall, told once', async () => {
    const watchdog = watch();
    waiting = 5;
    await jest.advanceTimersByTimeAsync(stalledAfterMs);
    expect(stalls).toEqual([]);
    await jest.advanceTimersByTimeAsync(10 * stalledAfterMs);
    expect(stalls).toEqual(['the consumer stands still: 5 records wait, none was taken for 60 s']);
    watchdog.stop();
  });

  test('Kafka: a consumer that answers batches now and then is slow, not stalled', async () => {
    const watchdog = watch();
    waiting = 5;
    for (let minute = 0; minute < 10; minute++) {
      await jest.advanceTimersByTimeAsync(stalledAfterMs - 1);
      watchdog.progress(0);
      await jest.advanceTimersByTimeAsync(1);
    }
    expect(stalls).toEqual([]);
    watchdog.stop();
  });

  test('Kafka: the wait for a retry is no stall', async () => {
    const watchdog = watch();
    waiting = 5;
    watchdog.progress(5 * stalledAfterMs);
    await jest.advanceTimersByTimeAsync(5 * stalledAfterMs);
    expect(stalls).toEqual([]);
    await jest.advanceTimersByTimeAsync(2 * stalledAfterMs);
    expect(stalls).toHaveLength(1);
    watchdog.stop();
  });

  test('Kafka: a quiet topic and an unreachable broker are no stall', async () => {
    const watchdog = watch();
    await jest.advanceTimersByTimeAsync(3 * stalledAfterMs);
    waiting = new Error('unreachable');
    await jest.advanceTimersByTimeAsync(3 * stalledAfterMs);
    expect(stalls).toEqual([]);
    watchdog.stop();
  });
});
