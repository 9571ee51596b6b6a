import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type MessageOf, monthLocked } from '@wewrite/contracts';
import { type Database, openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type Random, seededRandom } from '../apps/cli/src/generate/random.ts';
import {
  november,
  page,
  type RunningAllocations,
  startAllocations,
} from '../services/allocations/tests/running-allocations.ts';
import { untilBlocked } from './blocked-sessions.ts';
import { readSystemTestConfig } from './config.ts';

const { seed, races } = readSystemTestConfig();
const clients = 64;
const budgetCents = 10_000;
const pages = Array.from({ length: 12 }, (_, number) => page(`essay-${number}`));
const closeInstant = '2026-12-01T09:00:00.000Z';

let service: RunningAllocations;
let database: Database<unknown>;

beforeAll(async () => {
  // A chunk each supporter, and no close by itself: it is the test that starts them.
  service = await startAllocations({ CHUNK_SUPPORTERS: '1', CLOSE_CRON: '0 9 2 * *' });
  database = openDatabase({ url: service.databaseUrl('allocations'), name: 'races', maxConnections: 4 });
  for (const each of pages) await service.register(each, 'wanda');
});
afterAll(async () => {
  await database.close();
  await service.stop();
});

interface Change {
  readonly version: number;
  readonly resource_id: string;
  readonly before_cents: number;
  readonly after_cents: number;
  readonly month: string;
  readonly at: Date;
}

async function historyOf(userId: string): Promise<Change[]> {
  const { rows } = await sql<Change>`
    select version, resource_id, before_cents, after_cents, month, at from allocation_change
    where user_id = ${userId} order by version`.execute(database.kysely);
  return rows;
}

/** What is wrong with a plan's history; nothing when its changes can have happened one after another. */
function anomaliesIn(history: readonly Change[], standing: ReadonlyMap<string, number>): string[] {
  const anomalies: string[] = [];
  const amounts = new Map<string, number>();
  let allocated = 0;
  let latest = new Date(0);
  for (const [index, { version, resource_id, before_cents, after_cents, month, at }] of history.entries()) {
    if (version !== index + 1) anomalies.push(`version ${version} is the ${index + 1}th`);
    if ((amounts.get(resource_id) ?? 0) !== before_cents) anomalies.push(`${version}: not what stood before`);
    amounts.set(resource_id, after_cents);
    allocated += after_cents - before_cents;
    if (after_cents > before_cents && allocated > budgetCents) anomalies.push(`${version}: ${allocated} allocated`);
    if (at < latest) anomalies.push(`${version}: before the change before it`);
    latest = at;
    if (at.toISOString().slice(0, 7) !== month) anomalies.push(`${version}: ${at.toISOString()} in ${month}`);
  }
  for (const [resourceId, cents] of amounts) {
    if ((standing.get(resourceId) ?? 0) !== cents) anomalies.push(`${resourceId}: another amount stands`);
  }
  return anomalies;
}

/** One request of a client: mostly one wish, now and then several; returns what was not an expected answer. */
async function changeOnce(random: Random, userId: string): Promise<string[]> {
  const wish = () => {
    const { resourceType, resourceId } = random.pick(pages);
    return { resourceType, resourceId, usdCents: random.percent(20) ? 0 : random.between(1, 4_000) };
  };
  if (random.percent(10)) {
    const changes = [wish(), wish(), wish()];
    const { status } = await service.asSupporter(userId, 'POST', '/v1/allocations/batch', { changes });
    return status === 200 ? [] : [`batch: ${status}`];
  }
  const { usdCents, ...resource } = wish();
  const { status, body } = await service.set(userId, resource, usdCents);
  return status === 200 || body.code === 'over_allocated' ? [] : [`${status}: ${body.code}`];
}

describe('64 clients on one budget', () => {
  test(
    `A2, A4, A5: ${races} changes at once: each happens after another, and the budget is never exceeded`,
    async () => {
      await service.fund([{ userId: 'pat', month: november, paidCents: budgetCents }]);
      let left = races;
      const work = async (client: number) => {
        const random = seededRandom(seed * clients + client);
        const odd: string[] = [];
        while (left-- > 0) odd.push(...(await changeOnce(random, 'pat')));
        return odd;
      };
      const odd = await Promise.all(Array.from({ length: clients }, (_, client) => work(client)));
      expect(odd.flat()).toEqual([]);
      const { allocations, summary } = await service.plan('pat');
      const standing = new Map(allocations.map(({ resourceId, usdCents }) => [resourceId, usdCents]));
      const history = await historyOf('pat');
      expect(history.length).toBeGreaterThan(0);
      expect(anomaliesIn(history, standing)).toEqual([]);
      expect(summary.allocatedCents).toBeLessThanOrEqual(budgetCents);
    },
    120_000 + races * 50,
  );
});

describe('a lock against changes', () => {
  test('A5, B1, B2: what was dated before the cutoff is in the month, however late it commits; many closes are one', async () => {
    const replica = await service.startReplica('allocations');
    const budgets = [
      { userId: 'pat', paidCents: budgetCents },
      { userId: 'sam', paidCents: 1_000 },
    ];
    await service.fund(budgets.map((budget) => ({ ...budget, month: november })));
    await service.set('sam', page('essay-0'), 100);
    service.clock.set({ now: new Date('2026-11-30T23:59:59.999Z'), running: false });
    const { changing, closing } = await whileHeld('sam', async () => {
      const change = service.set('sam', page('essay-0'), 700);
      await untilBlocked(database, 1, 'the change has its instant, and waits for its row');
      service.clock.set({ now: new Date(closeInstant), running: false });
      await service.closeFunding(november, budgets);
      const first = service.close(november);
      await untilBlocked(database, 2, 'the close waits for the change');
      const others = Array.from({ length: 15 }, (_, number) =>
        number % 2 === 0 ? service.close(november, replica.url) : service.close(november),
      );
      const closes = Promise.all([first, ...others]);
      return { changing: change, closing: closes };
    });
    expect(await changing).toMatchObject({ status: 200, body: { summary: { month: november } } });
    for (const { status } of await closing) expect([200, 202]).toContain(status);
    await service.settled();
    const chunks = await lockedChunks();
    expect(chunks.flatMap(({ supporters }) => supporters.userIds).toSorted()).toEqual(['pat', 'sam']);
    expect(
      chunks.find(({ supporters }) => supporters.userIds.some((userId) => userId === 'sam'))?.lines.usdCents,
    ).toEqual([700]);
    const { rows } = await sql`select month from month_close`.execute(database.kysely);
    expect(rows).toEqual([{ month: november }]);
    await replica.stop();
  });
});

type LockedChunk = Extract<MessageOf<typeof monthLocked>, { part: 'chunk' }>;

/** Of the close; the month has been rehearsed, too. */
async function lockedChunks(): Promise<LockedChunk[]> {
  const said = await service.heard(monthLocked);
  return said.flatMap(({ body }) => (body.part === 'chunk' && body.run.kind === 'close' ? [body] : []));
}

/** Keeps changes of a supporter's standing rows from being written while the work goes on. */
async function whileHeld<Result>(userId: string, work: () => Promise<Result>): Promise<Result> {
  return database.transaction(async (tx) => {
    await sql`select from allocation where user_id = ${userId} for update`.execute(tx);
    return work();
  });
}
