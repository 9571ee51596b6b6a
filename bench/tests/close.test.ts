import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { closeByServices } from '../src/close-by-services.ts';
import { closeAsFloor } from '../src/floor.ts';
import { differencesBetween, readOutcome } from '../src/outcome.ts';
import { type BenchDatabase, createDatabase, type Servers, startServers } from '../src/servers.ts';
import { migrateServices } from '../src/services.ts';
import { runOf, seedWorld } from '../src/world.ts';

const world = { month: month('2026-10'), supporters: 300 };
const directory = mkdtempSync(join(tmpdir(), 'wewrite-bench-'));
let servers: Servers;
let floor: BenchDatabase;

beforeAll(async () => {
  servers = await startServers('memory', directory);
  const seed = await createDatabase(servers, 'seed');
  await migrateServices(seed);
  await seedWorld(seed, world);
  floor = await createDatabase(servers, 'floor', 'seed');
  await closeAsFloor(servers, floor, world);
});

afterAll(async () => {
  await servers.stop();
  rmSync(directory, { recursive: true, force: true });
});

describe('bench close', () => {
  test('The services and the floor close one month to the same cent, and the books balance', async () => {
    const database = await createDatabase(servers, 'services', 'seed');
    const measured = await closeByServices({
      ...{ servers, database, world, directory },
      ...{ processes: 'one', topicPrefix: 'test.', deadlineSeconds: 30 },
    });
    const outcome = await readOutcome(database, world);
    expect(differencesBetween(await readOutcome(floor, world), outcome)).toEqual([]);
    expect(outcome.lines?.rows).toBe(3_000);
    expect(outcome.payouts?.rows).toBeGreaterThan(0);
    expect(measured.steps).toHaveLength(8);
  });

  test.each([
    ['lines', 'update earnings.line set usd_cents = usd_cents + 1 where user_id = $1'],
    [
      'supporters’ months',
      'update earnings.supporter_month set unfunded_cents = unfunded_cents + 1 where user_id = $1',
    ],
    ['general balances', 'update billing.ledger_account set credited_cents = credited_cents + 1 where id ~ $1'],
    [
      'payouts',
      'delete from payouts.payout where user_id <> $1 and user_id = (select min(user_id) from payouts.payout)',
    ],
  ])('A wrong cent is found in: %s', async (part, change) => {
    const right = await readOutcome(floor, world);
    const database = await createDatabase(servers, 'wrong', 'floor');
    await database.asSuperuser(async (client) => {
      await client.query('set session_replication_role = replica');
      const userId = await client.query(
        'select min(user_id) as id from earnings.supporter_month where run_id = $1 and paid_cents > 0',
        [runOf(world).runId],
      );
      await client.query(change, [userId.rows[0].id]);
    });
    const differences = differencesBetween(right, await readOutcome(database, world));
    expect(differences.map((difference) => difference.split(':')[0])).toEqual([part]);
    await database.drop();
  });
});
