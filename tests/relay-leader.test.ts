import { type ChildProcess, spawn } from 'node:child_process';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import { allocationChanged, topics } from '@wewrite/contracts';
import { createTestDatabase, testKafka } from '@wewrite/local-stack/testing';
import { type Broker, kafkaBroker, migrate, migrationsHash } from '@wewrite/service-kit';
import { Client } from 'pg';
import { services } from '../apps/cli/src/stack/services.ts';

const deadlineMs = 120_000;
const lookEveryMs = 10;
const keys = 25;
const messages = 60_000;
/** What the relay's lock is taken with. */
const relayLock = 7_117_002;

const kafka = await testKafka();
const describeWhereKafkaRuns = kafka === null ? describe.skip : describe;

describeWhereKafkaRuns('of two replicas, the one whose relay leads', () => {
  test(
    'is killed while it sends: the other leads within ten seconds, nothing is lost, order per key holds',
    async () => {
      const brokers = kafka?.brokers ?? [];
      const database = await allocationsDatabase();
      const broker = kafkaBroker({ brokers, clientId: 'wewrite.test' });
      const client = new Client({ connectionString: database.urls.allocations.appUrl, application_name: 'test' });
      const replicas = new Map<string, ChildProcess>();
      try {
        await client.connect();
        await broker.createTopics(topics.map((topic) => ({ ...topic, name: `${database.name}.${topic.name}` })));
        for (const name of ['one', 'two']) replicas.set(name, startReplica(name, database, brokers));
        const leader = await until(() => leaderIn(client));
        const other = [...replicas.keys()].find((name) => name !== leader);
        await until(() => isConnected(client, `${other}`));
        await say(client);
        const left = await until(async () => someLeft(await waiting(client)));
        replicas.get(leader)?.kill('SIGKILL');
        const killedAt = performance.now();
        expect(await until(async () => otherThan(leader, await leaderIn(client)))).toBe(other);
        const standing = await waiting(client);
        expect(standing).toBeLessThanOrEqual(left);
        await until(async () => ((await waiting(client)) < standing || standing === 0 ? true : null));
        expect(performance.now() - killedAt).toBeLessThan(10_000);
        await until(async () => ((await waiting(client)) === 0 ? true : null));
        expect(await heardIn(broker, `${database.name}.${allocationChanged.name}`)).toEqual(
          new Map(Array.from({ length: keys }, (_, key) => [`key-${key}`, inOrder(key)])),
        );
      } finally {
        for (const replica of replicas.values()) replica.kill('SIGKILL');
        await client.end();
        await broker.close();
        await database.drop();
      }
    },
    deadlineMs,
  );
});

async function allocationsDatabase() {
  const { migrations } = services.allocations;
  return createTestDatabase({
    services: ['allocations'],
    templateKey: await migrationsHash(migrations),
    migrate: async ({ allocations }) => {
      await migrate({ ownerUrl: allocations.ownerUrl, schema: 'allocations', sources: migrations });
    },
  });
}

type Database = Awaited<ReturnType<typeof allocationsDatabase>>;

/** The service in a process of its own, known to Postgres by the replica's name. It ends when this process does. */
function startReplica(name: string, database: Database, brokers: readonly string[]): ChildProcess {
  const source = (file: string) => fileURLToPath(new URL(`../services/allocations/src/${file}`, import.meta.url));
  const url = new URL(database.urls.allocations.appUrl);
  url.searchParams.set('application_name', name);
  return spawn(process.execPath, ['--import', source('telemetry.ts'), source('main.ts')], {
    env: {
      PATH: process.env.PATH,
      NODE_ENV: 'test',
      PORT: '0',
      ADMIN_PORT: '0',
      DATABASE_URL: url.href,
      KAFKA_BROKERS: brokers.join(),
      TOPIC_PREFIX: `${database.name}.`,
      JWKS_URL: 'http://127.0.0.1:1/nobody-asks',
      LOG_LEVEL: 'error',
    },
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
}

/** The replica that holds the relay's lock. */
async function leaderIn(client: Client): Promise<string | null> {
  const { rows } = await client.query<{ name: string }>(
    `select application_name as name from pg_locks join pg_stat_activity using (pid)
     where locktype = 'advisory' and classid = $1 and granted and datname = current_database()`,
    [relayLock],
  );
  return rows[0]?.name ?? null;
}

async function isConnected(client: Client, name: string): Promise<true | null> {
  const { rowCount } = await client.query(
    'select from pg_stat_activity where datname = current_database() and application_name = $1',
    [name],
  );
  return rowCount === 0 ? null : true;
}

/** Puts numbered messages into the outbox at once, the next number for the next key. */
async function say(client: Client): Promise<void> {
  await client.query(
    `insert into outbox (topic, key, message_id, occurred_at, payload)
     select $1, 'key-' || n % $2::integer, n::text, now(), n::text::bytea
     from generate_series(0, $3::integer - 1) as series (n) order by series.n`,
    [allocationChanged.name, keys, messages],
  );
  await client.query("notify outbox_allocations, ''");
}

async function waiting(client: Client): Promise<number> {
  const { rows } = await client.query<{ count: string }>('select count(*) from outbox');
  return Number(rows[0]?.count);
}

/** Some have been sent, and some have not. */
function someLeft(left: number): number | null {
  if (left === 0) throw new Error('all were sent before anybody was killed');
  return left < messages ? left : null;
}

function otherThan(leader: string, now: string | null): string | null {
  return now === leader ? null : now;
}

function inOrder(key: number): number[] {
  return Array.from({ length: messages / keys }, (_, round) => round * keys + key);
}

/** The numbers that were sent with each key, in order, each where it came first. */
async function heardIn(broker: Broker, topic: string): Promise<Map<string, number[]>> {
  const heard = new Map<string, Set<number>>();
  const groupId = `${topic}.heard`;
  const consumer = await broker.subscribe({
    groupId,
    topics: [topic],
    maxRecords: 5_000,
    onCrash: () => undefined,
    onBatch: async (records) => {
      for (const { key, value } of records) {
        const numbers = heard.get(key) ?? new Set();
        heard.set(key, numbers.add(Number(value.toString())));
      }
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
  await until(async () => ((await broker.lag(groupId, [topic])) === 0 ? true : null));
  await consumer.stop();
  return new Map([...heard].map(([key, numbers]) => [key, [...numbers]]));
}

/** Asks until there is an answer; the test's own deadline ends the waiting. */
async function until<Answer>(check: () => Promise<Answer | null>): Promise<Answer> {
  for (;;) {
    const answer = await check();
    if (answer !== null) return answer;
    await delay(lookEveryMs);
  }
}
