import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Database, openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type Random, seededRandom } from '../apps/cli/src/generate/random.ts';
import {
  november,
  page,
  type RunningAllocations,
  startAllocations,
} from '../services/allocations/tests/running-allocations.ts';
import { readSystemTestConfig } from './config.ts';

const { seed, races } = readSystemTestConfig();
const clients = 64;
const budgetCents = 10_000;
const pages = Array.from({ length: 12 }, (_, number) => page(`essay-${number}`));

let service: RunningAllocations;
let database: Database<unknown>;

beforeAll(async () => {
  service = await startAllocations();
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
