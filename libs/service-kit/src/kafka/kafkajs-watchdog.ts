import type { BrokerLog } from './log.ts';

export interface WatchdogOptions {
  /** How long nothing may move, with records waiting, before the consumer counts as stalled. */
  readonly stalledAfterMs: number;
  readonly lag: () => Promise<number>;
  readonly onStall: (error: Error) => void;
  readonly log: BrokerLog;
}

/**
 * Tells when a consumer stands still although records wait for it: at two checks, `stalledAfterMs` from each other,
 * with no batch answered between them. One check would not do: after a quiet night the first record has just come. It
 * tells once, and then watches no more.
 */
export function watchForStall({ stalledAfterMs, lag, onStall, log }: WatchdogOptions) {
  let movedAt = Date.now();
  /** When records were first seen waiting with nothing moving since. */
  let waitingSince: number | undefined;

  async function check(): Promise<void> {
    const checkedAt = Date.now();
    const behind = await lag();
    const stands = behind > 0 && movedAt < (waitingSince ?? checkedAt);
    if (!stands) {
      waitingSince = undefined;
    } else if (waitingSince === undefined) {
      waitingSince = checkedAt;
    } else {
      clearInterval(timer);
      const seconds = Math.round((checkedAt - waitingSince) / 1000);
      onStall(new Error(`the consumer stands still: ${behind} records wait, none was taken for ${seconds} s`));
    }
  }

  const timer = setInterval(() => {
    // An unreachable broker is no stall: nobody knows then what waits.
    check().catch((error: unknown) => log.debug({ err: error }, 'the lag could not be read'));
  }, stalledAfterMs);
  timer.unref();

  return {
    /** A batch was answered; the rest of its partition is wanted again after `pauseMs`. */
    progress(pauseMs: number): void {
      movedAt = Math.max(movedAt, Date.now() + pauseMs);
    },
    stop(): void {
      clearInterval(timer);
    },
  };
}
