/** Business time: months, cutoffs, due dates. Passed into SQL; never the database's `now()`. */
export interface Clock {
  now(): Date;
}

/** A clock that someone else sets: it stands, or goes on at real speed from where it was set. */
export interface SteeredClock extends Clock {
  readonly kind: 'steered';
  set(reading: ClockReading): void;
  /** Calls back after each change. */
  onChange(listener: () => void): void;
}

/** The machine's own time. */
export interface RealClock extends Clock {
  readonly kind: 'real';
}

/** What a steered clock shows, and whether it goes on from there. */
export interface ClockReading {
  readonly now: Date;
  readonly running: boolean;
}

/** Business time in production: the machine's. */
export const realClock: RealClock = { kind: 'real', now: () => new Date() };

/** A clock that shows `reading` until it is set to another. */
export function steeredClock(reading: ClockReading): SteeredClock {
  let current = reading;
  let setAt = performance.now();
  const listeners: (() => void)[] = [];
  return {
    kind: 'steered',
    now: () => new Date(current.now.getTime() + (current.running ? Math.floor(performance.now() - setAt) : 0)),
    set: (next) => {
      current = next;
      setAt = performance.now();
      for (const listener of listeners) listener();
    },
    onChange: (listener) => void listeners.push(listener),
  };
}

/** True for a clock that can be set: it is only ever one in development. */
export function isSteered(clock: Clock): clock is SteeredClock {
  return 'kind' in clock && clock.kind === 'steered';
}
