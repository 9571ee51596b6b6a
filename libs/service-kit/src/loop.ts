import type { Log } from './log.ts';
import { backoffMs, type TechnicalTime } from './technical-time.ts';

/** Background work in steps that a scheduler can drive. */
export interface Loop {
  readonly name: string;
  /** Does the next piece of due work; true when there may be more, false when it found none. */
  readonly step: () => Promise<boolean>;
  /** Pieces of work that are due now, done or not by this replica: what `/idle` waits for. */
  readonly due: () => Promise<number>;
  /** Real milliseconds between looks when nothing wakes it. */
  readonly pollMs: number;
}

/** A loop that somebody runs: by itself, or step by step. */
export interface RunningLoop {
  wake(): void;
  stop(): Promise<void>;
  /** Rises with each step that found work. */
  stepCount(): number;
}

/**
 * Takes over the background work of a service, piece by piece. A simulation brings one that runs nothing by itself: it
 * chooses whose step comes next. Production runs each loop by {@link runLoop}.
 */
export type Driver = (loop: Loop) => RunningLoop;

/** Runs the loop until it is stopped: while steps find work at once, else at the next wake or poll; failures back off. */
export function runLoop(loop: Loop, options: { time: TechnicalTime; log: Log }): RunningLoop {
  const stopping = new AbortController();
  let wake = new AbortController();
  let steps = 0;
  const run = async () => {
    let failures = 0;
    while (!stopping.signal.aborted) {
      wake = new AbortController();
      let waitMs = loop.pollMs;
      try {
        const found = await loop.step();
        failures = 0;
        if (found) steps++;
        if (found) continue;
      } catch (error) {
        options.log.error({ loop: loop.name, error: errorText(error), failures }, 'a step failed; it is tried again');
        waitMs = backoffMs(failures++, 100, 30_000);
      }
      await options.time.sleep(waitMs, AbortSignal.any([wake.signal, stopping.signal]));
    }
  };
  const running = run();
  return {
    wake: () => wake.abort(),
    stop: async () => {
      stopping.abort();
      await running;
    },
    stepCount: () => steps,
  };
}

/** An error for the log: with its stack where it has one. */
export function errorText(error: unknown): string {
  const stack = typeof error === 'object' && error !== null && 'stack' in error ? error.stack : undefined;
  return String(stack ?? error);
}
