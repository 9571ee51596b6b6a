import { Cron } from 'croner';
import { sql } from 'kysely';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { holdingLease, leaseEnd } from './lease.ts';
import type { Log } from './log.ts';
import type { Loop } from './loop.ts';
import type { TechnicalTime } from './technical-time.ts';

/** Work that business time makes due. */
export interface Schedule {
  readonly name: string;
  /** Cron expression, UTC. */
  readonly cron: string;
  /** After a jump of the clock or a stop: `each` missed run in order, or only the `latest`. */
  readonly catchUp: 'each' | 'latest';
  /** Runs once per due instant, whatever the number of replicas; a throw is tried again, so it can be repeated. */
  readonly run: (dueAt: Date) => Promise<void>;
}

/**
 * All schedules of a service as one loop. A `schedule_run` row per due instant makes it run once; what was missed while
 * nothing ran is caught up. The first start sets the baseline: nothing before it is due.
 */
export function scheduleLoop(options: {
  schedules: readonly Schedule[];
  database: Database<unknown>;
  clock: Clock;
  time: TechnicalTime;
  log: Log;
}): Loop {
  const { schedules, database, clock, time } = options;
  const ready = once(() => insertBaselines(database, schedules, clock.now(), time.now()));
  return {
    name: 'schedules',
    pollMs: 1_000,
    due: async () => {
      await ready();
      let count = 0;
      for (const schedule of schedules) if ((await nextDue(database, schedule, clock.now())) !== null) count++;
      return count;
    },
    step: async () => {
      await ready();
      let found = false;
      for (const schedule of schedules) found = (await runNextDue(options, schedule)) || found;
      return found;
    },
  };
}

async function runNextDue(
  options: { database: Database<unknown>; clock: Clock; time: TechnicalTime; log: Log },
  schedule: Schedule,
): Promise<boolean> {
  const { database, clock, time } = options;
  const dueAt = await nextDue(database, schedule, clock.now());
  const attempt = dueAt === null ? null : await claim(database, { name: schedule.name, dueAt, time });
  if (dueAt === null || attempt === null) return false;
  const renew = (leaseUntil: Date) =>
    sql`update schedule_run set lease_until = ${leaseUntil}
        where name = ${schedule.name} and due_at = ${dueAt} and state = 'running' and attempts = ${attempt}`.execute(
      database.kysely,
    );
  try {
    await holdingLease(options, renew, () => schedule.run(dueAt));
  } catch (error) {
    await sql`update schedule_run set lease_until = ${time.now()} where name = ${schedule.name} and due_at = ${dueAt}`.execute(
      database.kysely,
    );
    throw error;
  }
  await sql`update schedule_run set state = 'done' where name = ${schedule.name} and due_at = ${dueAt}`.execute(
    database.kysely,
  );
  return true;
}

/** The earliest instant that is due and not done; null when there is none. */
async function nextDue(database: Database<unknown>, schedule: Schedule, now: Date): Promise<Date | null> {
  const { rows } = await sql<{ due_at: Date; state: string }>`
    select due_at, state from schedule_run where name = ${schedule.name} order by due_at desc limit 1`.execute(
    database.kysely,
  );
  const last = rows[0];
  if (last === undefined) return null;
  if (last.state === 'running') return last.due_at;
  const cron = new Cron(schedule.cron, { timezone: 'UTC' });
  let next = cron.nextRun(last.due_at);
  if (next === null || next > now) return null;
  if (schedule.catchUp === 'latest') next = latestRun(cron, next, now);
  return next;
}

function latestRun(cron: Cron, first: Date, now: Date): Date {
  let latest = first;
  for (let next: Date | null = first; next !== null && next <= now; next = cron.nextRun(next)) latest = next;
  return latest;
}

/** Takes the run, or takes it over from a replica whose lease is over; gives back which attempt it is, null for none. */
async function claim(
  database: Database<unknown>,
  { name, dueAt, time }: { name: string; dueAt: Date; time: TechnicalTime },
): Promise<number | null> {
  const { rows } = await sql<{ attempts: number }>`
    insert into schedule_run as known (name, due_at, state, lease_until, attempts)
    values (${name}, ${dueAt}, 'running', ${leaseEnd(time)}, 1)
    on conflict (name, due_at) do update set lease_until = excluded.lease_until, attempts = known.attempts + 1
    where known.state = 'running' and known.lease_until <= ${time.now()}
    returning attempts`.execute(database.kysely);
  return rows[0]?.attempts ?? null;
}

async function insertBaselines(
  database: Database<unknown>,
  schedules: readonly Schedule[],
  now: Date,
  technicalNow: Date,
): Promise<void> {
  for (const schedule of schedules) {
    await sql`
      insert into schedule_run (name, due_at, state, lease_until)
      select ${schedule.name}, ${now}, 'baseline', ${technicalNow}
      where not exists (select from schedule_run where name = ${schedule.name})
      on conflict do nothing`.execute(database.kysely);
  }
}

function once(work: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => {
    done ??= work().catch((error: unknown) => {
      done = undefined;
      throw error;
    });
    return done;
  };
}
