import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@wewrite/local-stack/testing';
import { type Database, openDatabase } from '../src/database.ts';
import { kitMigrations, migrate, migrationsHash, type SteeredClock, steeredClock } from '../src/index.ts';
import { createLog } from '../src/log.ts';
import { scheduleLoop } from '../src/schedule.ts';
import { realTime } from '../src/technical-time.ts';

let testDatabase: TestDatabase<'planned'>;
let database: Database<unknown>;
let statements = 0;

beforeAll(async () => {
  testDatabase = await createTestDatabase({
    services: ['planned'],
    templateKey: await migrationsHash([kitMigrations]),
    migrate: async ({ planned }) => {
      await migrate({ ownerUrl: planned.ownerUrl, schema: 'planned', sources: [kitMigrations] });
    },
  });
  database = openDatabase<unknown>({
    url: testDatabase.urls.planned.appUrl,
    name: 'planned',
    maxConnections: 3,
    around: (_, run) => {
      statements += 1;
      return run();
    },
  });
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

let clock: SteeredClock;
let ran: string[];
let isFailing: boolean;
beforeEach(() => {
  clock = steeredClock({ now: new Date('2026-11-01T00:00:00.000Z'), running: false });
  ran = [];
  isFailing = false;
});

/** A replica with a schedule of every hour. */
function replica(name: string) {
  const run = async (dueAt: Date) => {
    if (isFailing) throw new Error('not now');
    ran.push(dueAt.toISOString());
  };
  const schedules = [{ name, cron: '0 * * * *', catchUp: 'each', run }] as const;
  return scheduleLoop({
    schedules,
    database,
    clock,
    time: realTime,
    log: createLog({ service: name, level: 'silent' }),
  });
}

const moveTo = (now: string) => clock.set({ now: new Date(now), running: false });

/** Takes steps until there is nothing more to do. */
async function runAll({ step }: ReturnType<typeof replica>): Promise<void> {
  while (await step());
}

test('nothing is asked of the database until something can be due', async () => {
  const loop = replica('hourly');
  await runAll(loop);
  moveTo('2026-11-01T00:59:59.999Z');
  statements = 0;
  expect([await loop.step(), await loop.due(), statements]).toEqual([false, 0, 0]);
  moveTo('2026-11-01T01:00:00.000Z');
  expect(await loop.due()).toBe(1);
  await runAll(loop);
  expect(ran).toEqual(['2026-11-01T01:00:00.000Z']);
  statements = 0;
  expect([await loop.step(), await loop.due(), statements]).toEqual([false, 0, 0]);
});

test('a replica goes on where another has stopped', async () => {
  const [one, other] = [replica('shared'), replica('shared')];
  for (const loop of [one, other]) await runAll(loop);
  moveTo('2026-11-01T02:30:00.000Z');
  await runAll(one);
  moveTo('2026-11-01T04:00:00.000Z');
  await runAll(other);
  const hours = [1, 2, 3, 4].map((hour) => `2026-11-01T0${hour}:00:00.000Z`);
  expect(ran).toEqual(hours);
  moveTo('2026-11-01T05:00:00.000Z');
  await runAll(other);
  expect(ran).toEqual([...hours, '2026-11-01T05:00:00.000Z']);
});

test('a run that failed is due at once, at each replica', async () => {
  const [one, other] = [replica('fragile'), replica('fragile')];
  for (const loop of [one, other]) await runAll(loop);
  moveTo('2026-11-01T01:00:00.000Z');
  isFailing = true;
  await expect(one.step()).rejects.toThrow('not now');
  expect([await one.due(), await other.due()]).toEqual([1, 1]);
  isFailing = false;
  for (const loop of [other, one]) await runAll(loop);
  expect(ran).toEqual(['2026-11-01T01:00:00.000Z']);
});
