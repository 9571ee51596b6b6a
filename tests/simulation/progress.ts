const minuteMs = 60_000;

/** How far a run of many seeds is: `done` and `failed` of all, `played` of them in the `elapsedMs` since it was started. */
export function progressLine(run: {
  readonly done: number;
  readonly failed: number;
  readonly total: number;
  readonly played: number;
  readonly elapsedMs: number;
  readonly nowMs: number;
}): string {
  const { done, failed, total, played, elapsedMs, nowMs } = run;
  const perMs = played / elapsedMs;
  const ends = new Date(nowMs + (total - done) / perMs).toISOString();
  return `${done} of ${total} seeds, ${failed} failed, ${(perMs * minuteMs).toFixed(1)} a minute, to end at ${ends.slice(0, 16)}Z`;
}
