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
 * nothing ran is caught up. The first start sets the baseline: nothing before it is due. Runs only ever follow each other,
 * so what was last seen of them tells until when none can be due: before that, nobody looks.
 */
export function scheduleLoop(options: {
  schedules: readonly Schedule[];
  database: Database<unknown>;
  clock: Clock;
  time: TechnicalTime;
  log: Log;
}): Loop {
  const { clock } = options;
  const planned = options.schedules.map(plan);
  const lastRuns = new Map<string, LastRun>();
  const findDueRuns = async () => {
    const mayBeDue = planned.some((each) => {
      const last = lastRuns.get(each.schedule.name);
      return last === undefined || nextDue(last, each, clock.now()) !== null;
    });
    if (!mayBeDue) return [];
    await readLastRuns(options, lastRuns);
    return dueRunsOf(lastRuns, planned, clock.now());
  };
  return {
    name: 'schedules',
    pollMs: 1_000,
    due: async () => (await findDueRuns()).length,
    step: async () => {
      let found = false;
      for (const dueRun of await findDueRuns()) {
        if (!(await run(options, dueRun))) continue;
        found = true;
        lastRuns.set(dueRun.schedule.name, { due_at: dueRun.dueAt, state: 'done' });
      }
      return found;
    },
  };
}

interface PlannedSchedule {
  readonly schedule: Schedule;
  /** The first instant after another; the last answer is kept, since it is asked for again until that instant has come. */
  readonly nextAfter: (instant: Date) => Date | null;
  /** The last instant that is not after another. */
  readonly latestUpTo: (instant: Date) => Date | null;
}

function plan(schedule: Schedule): PlannedSchedule {
  const cron = new Cron(schedule.cron, { timezone: 'UTC' });
  let known: { afterMs: number; next: Date | null } | undefined;
  return {
    schedule,
    nextAfter: (instant) => {
      const afterMs = instant.getTime();
      if (known?.afterMs !== afterMs) known = { afterMs, next: cron.nextRun(instant) };
      return known.next;
    },
    // croner looks before an instant: one that falls on this very millisecond is not after it.
    latestUpTo: (instant) => cron.previousRuns(1, new Date(instant.getTime() + 1))[0] ?? null,
  };
}

interface DueRun {
  readonly schedule: Schedule;
  readonly dueAt: Date;
}

async function run(
  options: { database: Database<unknown>; time: TechnicalTime; log: Log },
  { schedule, dueAt }: DueRun,
): Promise<boolean> {
  const { database, time } = options;
  const attempt = await claim(database, { name: schedule.name, dueAt, time });
  if (attempt === null) return false;
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

/** Of each schedule, the earliest instant that is due and not done, where there is one. */
function dueRunsOf(
  lastRuns: ReadonlyMap<string, LastRun>,
  planned: readonly PlannedSchedule[],
  now: Date,
): readonly DueRun[] {
  return planned.flatMap((each) => {
    const last = lastRuns.get(each.schedule.name);
    const dueAt = last === undefined ? null : nextDue(last, each, now);
    return dueAt === null ? [] : [{ schedule: each.schedule, dueAt }];
  });
}

/** Reads the last run of each schedule; one that has none yet gets a baseline before. */
async function readLastRuns(
  { schedules, database, clock, time }: Parameters<typeof scheduleLoop>[0],
  lastRuns: Map<string, LastRun>,
): Promise<void> {
  const names = schedules.map(({ name }) => name);
  const read = async () => {
    const { rows } = await sql<LastRun & { name: string }>`
      select distinct on (name) name, due_at, state from schedule_run where name = any(${names}::text[])
      order by name, due_at desc`.execute(database.kysely);
    for (const { name, ...last } of rows) lastRuns.set(name, last);
  };
  await read();
  const fresh = names.filter((name) => !lastRuns.has(name));
  if (fresh.length === 0) return;
  await insertBaselines(database, fresh, clock.now(), time.now());
  await read();
}

interface LastRun {
  readonly due_at: Date;
  readonly state: string;
}

function nextDue(last: LastRun, { schedule, nextAfter, latestUpTo }: PlannedSchedule, now: Date): Date | null {
  if (last.state === 'running') return last.due_at;
  const next = nextAfter(last.due_at);
  if (next === null || next > now) return null;
  if (schedule.catchUp === 'each') return next;
  return latestUpTo(now) ?? next;
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
  names: readonly string[],
  now: Date,
  technicalNow: Date,
): Promise<void> {
  await sql`
    insert into schedule_run (name, due_at, state, lease_until)
    select name, ${now}::timestamptz, 'baseline', ${technicalNow}::timestamptz from unnest(${names}::text[]) as fresh (name)
    where not exists (select from schedule_run where schedule_run.name = fresh.name)
    on conflict do nothing`.execute(database.kysely);
}
