/** Technical time: time-outs, backoff, leases, retention. Real in production, virtual in a simulation. */
export interface TechnicalTime {
  now(): Date;
  /** Resolves after the time has passed, or at once when the signal aborts. Never rejects. */
  sleep(durationMs: number, signal?: AbortSignal): Promise<void>;
}

/** Technical time in production. */
export const realTime: TechnicalTime = {
  now: () => new Date(),
  sleep: (durationMs, signal) =>
    new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const finish = () => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', finish);
        resolve();
      };
      const timer = setTimeout(finish, durationMs);
      signal?.addEventListener('abort', finish, { once: true });
    }),
};

/** Exponential backoff with full jitter: between half and all of `baseMs × 2^attempt`, at most `maximumMs`. */
export function backoffMs(attempt: number, baseMs: number, maximumMs: number): number {
  const ceiling = Math.min(maximumMs, baseMs * 2 ** Math.min(attempt, 30));
  return Math.round(ceiling / 2 + Math.random() * (ceiling / 2));
}
