/** A part of the stack that runs: started by us, or found outside (then its process is not ours, `pid` is null). */
export interface Part {
  readonly name: string;
  /** What it is and why this one was chosen, for people. */
  readonly choice: string;
  readonly pid: () => number | null;
  /** Calls back, with how it ended, when it ends and nobody stopped it; again after each restart. */
  onDeath(callback: (how: string) => void): void;
  /** Starts it again after its death, at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

/** A part that is somebody else's to run. */
export function outsidePart(name: string, choice: string): Part {
  return {
    name,
    choice,
    pid: () => null,
    onDeath: () => undefined,
    restart: async () => undefined,
    stop: async () => undefined,
  };
}
