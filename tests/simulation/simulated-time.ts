import type { TechnicalTime } from '@wewrite/service-kit';

/** Technical time that stands until a scheduler lets it pass. */
export interface SimulatedTime extends TechnicalTime {
  nowMs(): number;
  /** When the next sleeper wakes, in Unix milliseconds; null when nobody sleeps. */
  nextMs(): number | null;
  /** Lets time pass up to an instant, never back; whoever has slept long enough wakes. */
  passTo(instantMs: number): void;
}

interface Sleeper {
  readonly endsAtMs: number;
  readonly wake: () => void;
}

/**
 * Whoever can be woken (by a signal) sleeps beside the step in hand, until time passes. Whoever cannot holds the step up:
 * that much time passes at once, since nothing else can happen before the step ends.
 */
export function simulatedTime(startMs: number): SimulatedTime {
  let nowMs = startMs;
  const sleepers = new Set<Sleeper>();
  const passTo = (instantMs: number) => {
    nowMs = Math.max(nowMs, instantMs);
    for (const sleeper of [...sleepers]) if (sleeper.endsAtMs <= nowMs) sleeper.wake();
  };
  return {
    now: () => new Date(nowMs),
    nowMs: () => nowMs,
    nextMs: () => sleepers.values().reduce<number | null>((next, { endsAtMs }) => earlier(next, endsAtMs), null),
    passTo,
    sleep: async (durationMs, signal) => {
      if (signal === undefined) return passTo(nowMs + durationMs);
      if (signal.aborted) return;
      await new Promise<void>((resolve) => {
        const wake = () => {
          sleepers.delete(sleeper);
          signal.removeEventListener('abort', wake);
          resolve();
        };
        const sleeper = { endsAtMs: nowMs + durationMs, wake };
        sleepers.add(sleeper);
        signal.addEventListener('abort', wake, { once: true });
      });
    },
  };
}

/** The earlier of two instants, of which either may not be. */
export function earlier(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.min(one, other);
}
