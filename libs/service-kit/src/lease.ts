import type { Log } from './log.ts';
import { errorText } from './loop.ts';
import type { TechnicalTime } from './technical-time.ts';

const leaseMs = 6_000;
const renewEveryMs = 2_000;

/** When a lease ends that is taken or renewed now: who dies at its work is followed within ten seconds, polls included. */
export function leaseEnd(time: TechnicalTime): Date {
  return new Date(time.now().getTime() + leaseMs);
}

/**
 * Does work that was taken with a lease, and renews the lease until it is done, however long that takes. `renew` gets the
 * new end and changes nothing where the lease is another's by now; when it throws, it is tried again. Who is cut off from
 * the database loses the lease and works on: the work has to bear being done twice.
 */
export async function holdingLease<Result>(
  { time, log }: { readonly time: TechnicalTime; readonly log: Log },
  renew: (leaseUntil: Date) => Promise<unknown>,
  work: () => Promise<Result>,
): Promise<Result> {
  const done = new AbortController();
  const beat = async () => {
    for (;;) {
      await time.sleep(renewEveryMs, done.signal);
      if (done.signal.aborted) return;
      await renew(leaseEnd(time)).catch((error: unknown) =>
        log.warn({ error: errorText(error) }, 'a lease could not be renewed; it is tried again'),
      );
    }
  };
  const beating = beat();
  try {
    return await work();
  } finally {
    done.abort();
    await beating;
  }
}
