import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writerChanged } from '@wewrite/contracts';
import { type Database, openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type Random, seededRandom } from '../apps/cli/src/generate/random.ts';
import { type KitHarness, startKitService } from '../libs/service-kit/tests/kit-service.ts';
import { readSystemTestConfig } from './config.ts';

const { seed, outboxRows } = readSystemTestConfig();
const writers = 24;
const keys = Array.from({ length: 40 }, (_, number) => `user-${String(number).padStart(2, '0')}`);
const deadlineMs = 60_000 + outboxRows;

let kit: KitHarness;
let database: Database<unknown>;

beforeAll(async () => {
  kit = await startKitService();
  database = openDatabase({ url: kit.databaseUrl('payouts'), name: 'writers', maxConnections: writers });
});
afterAll(async () => {
  await database.close();
  await kit.stop();
});

const message = (userId: string, version: number) =>
  writerChanged.schema.parse({ userId, version, accountId: null, canReceive: false, reason: 'no_payout_account' });

/** What has committed: the last version of each key, and how many rows. */
class Committed {
  readonly versions = new Map<string, number>();
  rows = 0;
}

class RolledBack extends Error {}

/** Says a few messages of several keys in one transaction, holds it open for a moment, and rolls some back. */
async function writeOnce(random: Random, committed: Committed): Promise<void> {
  const chosen = keys.filter(() => random.percent(10));
  const each = random.between(1, 8);
  const holdSeconds = random.between(0, random.percent(10) ? 30 : 3) / 1_000;
  const rollsBack = random.percent(20);
  await database
    .transaction(async (tx) => {
      // The keys' locks in byte order, as the outbox asks for: so the order of ids is that of commits for each key.
      for (const key of chosen) await sql`select pg_advisory_xact_lock(hashtext(${key}))`.execute(tx);
      const next = new Map(chosen.map((key) => [key, committed.versions.get(key) ?? 0]));
      const messages = chosen.flatMap((key) =>
        Array.from({ length: each }, () => {
          const version = (next.get(key) ?? 0) + 1;
          next.set(key, version);
          return { key, body: message(key, version) };
        }),
      );
      await kit.outbox.emit(tx, writerChanged, messages);
      await sql`select pg_sleep(${holdSeconds})`.execute(tx);
      if (rollsBack) throw new RolledBack();
      // Still under the locks: who gets one of them next goes on from here.
      for (const [key, version] of next) committed.versions.set(key, version);
      committed.rows += messages.length;
    })
    .catch((error: unknown) => {
      if (!(error instanceof RolledBack)) throw error;
    });
}

/** The versions that were heard, by key, in the order in which they came. */
function heardByKey(): Map<string, number[]> {
  const heard = new Map<string, number[]>();
  for (const { userId, version } of kit.heard) {
    const versions = heard.get(userId);
    if (versions === undefined) heard.set(userId, [version]);
    else versions.push(version);
  }
  return heard;
}

describe('the outbox', () => {
  test(
    `Outbox: ${outboxRows} rows by writers that hold and roll back at random: none is missing, each key in order`,
    async () => {
      const committed = new Committed();
      const write = async (number: number) => {
        const random = seededRandom(seed * writers + number);
        while (committed.rows < outboxRows) await writeOnce(random, committed);
      };
      await Promise.all(Array.from({ length: writers }, (_, number) => write(number)));
      await allHeard(committed.rows);
      const heard = heardByKey();
      const wrong = [...committed.versions].filter(([key, last]) => {
        const versions = heard.get(key) ?? [];
        return versions.length !== last || versions.some((version, index) => version !== index + 1);
      });
      expect(wrong.map(([key, last]) => ({ key, last, heard: heard.get(key)?.length }))).toEqual([]);
    },
    deadlineMs,
  );

  test('Outbox: what Kafka refuses to take keeps its place, and nothing beside it is lost', async () => {
    const before = kit.heard.length;
    // More than Kafka takes in one record: each send that it is part of fails.
    await sql`
      insert into outbox (topic, key, message_id, occurred_at, payload)
      values (${writerChanged.name}, 'large', 'large', ${new Date()}, ${Buffer.alloc(1_100_000)})`.execute(
      database.kysely,
    );
    await database.transaction((tx) =>
      kit.outbox.emit(tx, writerChanged, [{ key: 'beside', body: message('beside', 1) }]),
    );
    // The relay has read both, and reads them again: so it has failed to send them.
    await relayReads();
    await relayReads();
    await sql`delete from outbox where key = 'large'`.execute(database.kysely);
    await kit.settled();
    expect(kit.heard.slice(before).map(({ userId }) => userId)).toEqual(['beside']);
  });
});

/** Waits for as long as messages go on coming; a row that is skipped never comes. */
async function allHeard(rows: number): Promise<void> {
  for (let heard = -1; kit.heard.length > heard && kit.heard.length < rows; ) {
    heard = kit.heard.length;
    await kit.settled();
  }
}

/** Keeps the relay from the outbox until it waits there, then lets it go on. */
async function relayReads(): Promise<void> {
  await database.transaction(async (tx) => {
    await sql`lock table outbox in access exclusive mode`.execute(tx);
    for (;;) {
      const { rows } = await sql`
        select from pg_locks where relation = 'outbox'::regclass and not granted and pid <> pg_backend_pid()`.execute(
        tx,
      );
      if (rows.length > 0) return;
      await delay(10);
    }
  });
}
