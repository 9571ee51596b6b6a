import type { Child, ChildExit } from './process.ts';

/** A child process that is started again when it has ended by itself; who looks on sees each end of each. */
export interface RestartableChild {
  /** Of the process that runs now: another one after `restart()`. */
  readonly pid: number;
  /** Calls back at each end, also one that `stop()` wanted. */
  onExit(callback: (exit: ChildExit) => void): void;
  /** Starts it again once it has ended. */
  restart(): Promise<void>;
  /** Ends the process that runs now. */
  stop(): Promise<void>;
}

/** Looks after a running child; `startAgain` starts the one in its place. */
export function restartable(first: Child, startAgain: () => Promise<Child>): RestartableChild {
  let child = first;
  const callbacks: ((exit: ChildExit) => void)[] = [];
  const watch = () => {
    void child.exited.then((exit) => {
      for (const callback of callbacks) callback(exit);
    });
  };
  watch();
  return {
    get pid() {
      return child.pid;
    },
    onExit: (callback) => {
      callbacks.push(callback);
    },
    restart: async () => {
      await child.waitForExit();
      child = await startAgain();
      watch();
    },
    stop: () => child.stop(),
  };
}
