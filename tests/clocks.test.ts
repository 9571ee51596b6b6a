import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cutoffOf, type MessageOf, type Month, monthLocked, monthOf, nextMonth } from '@wewrite/contracts';
import { type Database, openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { seededRandom } from '../apps/cli/src/generate/random.ts';
import { type KitHarness, startKitService } from '../libs/service-kit/tests/kit-service.ts';
import {
  november,
  page,
  type RunningAllocations,
  startAllocations,
} from '../services/allocations/tests/running-allocations.ts';
import { readSystemTestConfig } from './config.ts';

const { seed } = readSystemTestConfig();
const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

describe('schedules over the ends of months', () => {
  let kit: KitHarness;
  beforeAll(async () => {
    kit = await startKitService();
  });
  afterAll(() => kit.stop());

  test.each([
    ['the turn of a year', '2026-12-30T12:00:00.000Z', '2027-01-01T12:00:00.000Z', ['12-31', '01-01']],
    ['a year without a leap day', '2027-02-26T12:00:00.000Z', '2027-03-01T12:00:00.000Z', ['02-27', '02-28', '03-01']],
    ['a leap year', '2028-02-27T12:00:00.000Z', '2028-03-02T12:00:00.000Z', ['02-28', '02-29', '03-01', '03-02']],
  ])('A8: each due day of %s is run once, in order, after a jump', async (_name, from, to, days) => {
    await kit.setClock(from);
    await kit.settled();
    const before = kit.scheduled.length;
    await kit.setClock(to);
    await kit.settled();
    expect(kit.scheduled.slice(before).map((instant) => instant.slice(5, 10))).toEqual(days);
  });

  test('A8: a clock that goes back runs nothing again', async () => {
    const before = kit.scheduled.length;
    await kit.setClock('2028-02-01T12:00:00.000Z');
    await kit.settled();
    await kit.setClock('2028-03-02T12:00:00.000Z');
    await kit.settled();
    expect(kit.scheduled).toHaveLength(before);
  });
});

describe('clocks that are off by up to a day', () => {
  let service: RunningAllocations;
  let database: Database<unknown>;
  beforeAll(async () => {
    service = await startAllocations({ CLOSE_CRON: '0 9 3 * *', REHEARSAL_CRON: '0 9 30 6 *' });
    database = openDatabase({ url: service.databaseUrl('allocations'), name: 'clocks', maxConnections: 2 });
    await service.register(page('essay'), 'wanda');
  });
  afterAll(async () => {
    await database.close();
    await service.stop();
  });

  test('A5, B1: over three months, instants never go back, and each month is locked once, as of its cutoff', async () => {
    const random = seededRandom(seed);
    let month: Month = november;
    for (let turn = 0; turn < 3; turn++) {
      const next = nextMonth(month);
      await service.fund([month, next].map((of) => ({ userId: 'tina', month: of, paidCents: 5_000 })));
      // A day and a half to each side of the cutoff, by clocks that differ by a day; the close is in their midst.
      for (let hours = -36; hours <= 36; hours += 6) {
        const offMs = random.between(-dayMs, dayMs);
        service.clock.set({ now: new Date(cutoffOf(month).getTime() + hours * hourMs + offMs), running: false });
        await service.set('tina', page('essay'), random.between(1, 5_000));
        if (hours === 0) await close(month);
      }
      month = next;
    }
    const history = await changes();
    expect(history.filter(({ at }, index) => index > 0 && at < (history[index - 1]?.at ?? at))).toEqual([]);
    expect(history.filter(({ at, month: of }) => monthOf(at) !== of)).toEqual([]);
    expect(await lockedCents()).toEqual(
      [november, nextMonth(november), nextMonth(nextMonth(november))].map((of) => [of, standingAt(history, of)]),
    );
  });

  /** The close is started by a clock that is right, at the cutoff. */
  async function close(month: Month): Promise<void> {
    service.clock.set({ now: cutoffOf(month), running: false });
    await service.closeFunding(month, [{ userId: 'tina', paidCents: 5_000 }]);
    expect((await service.close(month)).status).toBe(202);
    await service.settled();
  }

  interface Change {
    readonly month: string;
    readonly at: Date;
    readonly after_cents: number;
  }

  async function changes(): Promise<Change[]> {
    const { rows } = await sql<Change>`
      select month, at, after_cents from allocation_change where user_id = 'tina' order by version`.execute(
      database.kysely,
    );
    return rows;
  }

  function standingAt(history: readonly Change[], month: Month): number | undefined {
    return history.findLast(({ at }) => at < cutoffOf(month))?.after_cents;
  }

  /** The one line of each month, in order of month. */
  async function lockedCents(): Promise<[string, number | undefined][]> {
    const said: MessageOf<typeof monthLocked>[] = (await service.heard(monthLocked)).map(({ body }) => body);
    const locked = said.flatMap((body): [string, number | undefined][] =>
      body.part === 'chunk' ? [[body.run.month, body.lines.usdCents[0]]] : [],
    );
    return locked.sort(([a], [b]) => (a < b ? -1 : 1));
  }
});
