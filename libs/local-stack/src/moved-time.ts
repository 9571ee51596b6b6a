import type { TechnicalTime } from '@wewrite/service-kit';

/** Technical time that stands until a test lets some of it pass. */
export interface MovedTime extends TechnicalTime {
  /** Wakes whoever has slept long enough, and resolves when all of them sleep again: each has to. */
  pass(durationMs: number): Promise<void>;
}

interface Sleeper {
  readonly endsAtMs: number;
  readonly wake: () => void;
}

/** A time of its own, which begins now. */
export function movedTime(): MovedTime {
  let nowMs = Date.now();
  const sleepers = new Set<Sleeper>();
  return {
    now: () => new Date(nowMs),
    sleep: (durationMs, signal) =>
      new Promise((resolve) => {
        const sleeper = {
          endsAtMs: nowMs + durationMs,
          wake: () => {
            sleepers.delete(sleeper);
            resolve();
          },
        };
        sleepers.add(sleeper);
        if (signal?.aborted) sleeper.wake();
        signal?.addEventListener('abort', sleeper.wake, { once: true });
      }),
    pass: async (durationMs) => {
      nowMs += durationMs;
      const before = sleepers.size;
      for (const sleeper of [...sleepers]) if (sleeper.endsAtMs <= nowMs) sleeper.wake();
      while (sleepers.size < before) await new Promise(setImmediate);
    },
  };
}
