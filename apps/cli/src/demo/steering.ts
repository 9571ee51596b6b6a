import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { RunFailure } from '../exit-codes.ts';

const idleSchema = z
  .object({ activity: z.number() })
  .catchall(z.number())
  .transform(({ activity, ...work }) => ({ activity, work }));
const readingSchema = z.object({ now: z.iso.datetime() });

/** Time, and whether anything is under way. */
export interface Steering {
  /** Lets the clock stand at an instant, in every process. */
  stand(at: Date): Promise<void>;
  /** Lets time go on at real speed from where it stands. */
  run(): Promise<void>;
  /** Lets time go on at real speed from the present, unless it is ahead of that. */
  catchUp(): Promise<void>;
  /**
   * Waits until nothing is under way: everybody's work is zero, and nobody did anything between two looks. Throws, saying
   * who still has what to do, when nothing at all has moved for a while.
   */
  drain(): Promise<void>;
}

const shortestPauseMs = 10;
const longestPauseMs = 250;
/** Longer than a killed consumer's partitions stay with it. */
const motionlessMs = 150_000;
const clockPatienceMs = 30_000;

/** Steers by the sandbox's clock, and looks at every `/idle`. */
export function steeringOf({ sandboxUrl, adminUrls }: { sandboxUrl: string; adminUrls: readonly string[] }): Steering {
  let now = new Date(0);
  const put = async (at: Date, running: boolean) => {
    now = at;
    const endsAt = performance.now() + clockPatienceMs;
    for (;;) {
      const moved = await putClock(sandboxUrl, at, running);
      // A process that was being started again reads the clock when it is up, and is told from then on.
      if (moved) return;
      if (performance.now() > endsAt) throw new RunFailure(`sandbox: the clock at ${sandboxUrl} cannot be set.`);
      await delay(200);
    }
  };
  return {
    stand: (at) => put(at, false),
    run: () => put(now, true),
    catchUp: async () => put(new Date(Math.max(Date.now(), (await readClock(sandboxUrl)).getTime())), true),
    drain: () => drain([sandboxUrl, ...adminUrls]),
  };
}

async function readClock(sandboxUrl: string): Promise<Date> {
  const response = await fetch(new URL('/clock', sandboxUrl));
  return new Date(readingSchema.parse(await response.json()).now);
}

async function putClock(sandboxUrl: string, at: Date, running: boolean): Promise<boolean> {
  const response = await fetch(new URL('/clock', sandboxUrl), {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ now: at.toISOString(), running }),
  }).catch(() => null);
  if (response === null) return false;
  const text = await response.text();
  if (response.status === 409) throw new Error(`sandbox: ${text}`);
  return response.ok;
}

async function drain(urls: readonly string[]): Promise<void> {
  let before = '';
  let movedAt = performance.now();
  // A look costs every service some queries: the longer the work takes, the less it is disturbed.
  for (let pauseMs = shortestPauseMs; ; pauseMs = Math.min(longestPauseMs, pauseMs * 1.5)) {
    const looks = await Promise.all(urls.map(look));
    const picture = JSON.stringify(looks);
    const idle = looks.every((seen) => seen !== null && Object.values(seen.work).every((count) => count === 0));
    if (idle && picture === before) return;
    if (picture !== before) movedAt = performance.now();
    if (performance.now() - movedAt > motionlessMs)
      throw new RunFailure(`nothing moves any more: ${describe(urls, looks)}`);
    before = picture;
    await delay(idle ? shortestPauseMs : pauseMs);
  }
}

type Look = z.infer<typeof idleSchema> | null;

async function look(url: string): Promise<Look> {
  try {
    const response = await fetch(new URL('/idle', url), { signal: AbortSignal.timeout(10_000) });
    const parsed = idleSchema.safeParse(await response.json());
    return parsed.success ? parsed.data : null;
  } catch {
    return null;
  }
}

function describe(urls: readonly string[], looks: readonly Look[]): string {
  const busy = urls.flatMap((url, index) => {
    const seen = looks[index] ?? null;
    if (seen === null) return [`${url} does not answer`];
    const work = Object.entries(seen.work).filter(([, count]) => count !== 0);
    return work.length === 0 ? [] : [`${url} has ${work.map(([name, count]) => `${count} ${name}`).join(', ')}`];
  });
  return busy.join('; ');
}
