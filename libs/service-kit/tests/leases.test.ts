import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { movedTime } from '@wewrite/local-stack';
import { sql } from 'kysely';
import type { Database } from '../src/index.ts';
import { createLog } from '../src/log.ts';
import { scheduleLoop } from '../src/schedule.ts';
import type { TechnicalTime } from '../src/technical-time.ts';
import { type KitHarness, startKitService } from './kit-service.ts';

let kit: KitHarness;
beforeAll(async () => {
  kit = await startKitService();
});
afterAll(() => kit.stop());

/** A replica with one schedule, of which a run that is due is begun by `step`. */
function replica(time: TechnicalTime, name: string, run: () => Promise<void>) {
  const database: Database<unknown> = kit.own;
  const log = createLog({ service: 'payouts', level: 'silent' });
  return scheduleLoop({
    schedules: [{ name, cron: '* * * * *', catchUp: 'latest', run }],
    database,
    clock: kit.clock,
    time,
    log,
  });
}

/** Makes one run of the schedule due. */
async function makeDue(name: string): Promise<void> {
  const before = new Date(kit.clock.now().getTime() - 60_000);
  await sql`
    insert into schedule_run (name, due_at, state, lease_until) values (${name}, ${before}, 'baseline', ${before})`.execute(
    kit.own.kysely,
  );
}

describe('a run that was taken', () => {
  test('by a replica that dies at it is taken over by another within ten seconds', async () => {
    const time = movedTime();
    await makeDue('deadly');
    const begun = Promise.withResolvers<void>();
    // The dead replica's time stands still: it never renews anything again.
    void replica({ ...time, sleep: () => new Promise(() => undefined) }, 'deadly', () => {
      begun.resolve();
      return new Promise(() => undefined);
    }).step();
    await begun.promise;
    let taken = 0;
    const other = replica(time, 'deadly', async () => void taken++);
    let waitedMs = 0;
    for (; taken === 0 && waitedMs < 60_000; waitedMs += other.pollMs) {
      await other.step();
      await time.pass(other.pollMs);
    }
    expect(taken).toBe(1);
    expect(waitedMs).toBeLessThan(10_000);
  });

  test('by a replica that lives stays with it, however long it takes', async () => {
    const time = movedTime();
    await makeDue('long');
    const finished = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    const step = replica(time, 'long', () => {
      begun.resolve();
      return finished.promise;
    }).step();
    await begun.promise;
    const other = replica(time, 'long', () => Promise.reject(new Error('taken over')));
    for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 1_000) {
      await time.pass(1_000);
      expect(await other.step()).toBe(false);
    }
    finished.resolve();
    expect(await step).toBe(true);
    expect(await other.due()).toBe(0);
  });
});
