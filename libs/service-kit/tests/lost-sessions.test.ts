import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@wewrite/local-stack/testing';
import { sql } from 'kysely';
import pg from 'pg';
import { type Database, isTransient, openDatabase } from '../src/index.ts';

let testDatabase: TestDatabase<'cut'>;
let database: Database<unknown>;
let server: pg.Client;

beforeAll(async () => {
  testDatabase = await createTestDatabase({ services: ['cut'], templateKey: 'empty', migrate: async () => undefined });
  const { appUrl: url } = testDatabase.urls.cut;
  database = openDatabase<unknown>({ url, name: 'cut', maxConnections: 4 });
  server = new pg.Client({ connectionString: url, application_name: 'server' });
  await server.connect();
});
afterAll(async () => {
  await database.close();
  await server.end();
  await testDatabase.drop();
});

/** Ends every session over and over, as a database does that restarts, until the work is done. */
async function cutSessionsDuring(work: Promise<unknown>): Promise<void> {
  let isDone = false;
  const done = work.finally(() => {
    isDone = true;
  });
  for (; !isDone; await delay(2)) {
    await server.query(
      `select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'cut'`,
    );
  }
  await done;
}

/** What a piece of work failed with that is not to be tried again unchanged. */
async function lastingFailures(times: number, work: () => Promise<unknown>) {
  const outcomes = { done: 0, tryAgain: 0, lasting: [] as unknown[] };
  for (let count = 0; count < times; count++) {
    await work().then(
      () => outcomes.done++,
      (error: unknown) => (isTransient(error) ? outcomes.tryAgain++ : outcomes.lasting.push(error)),
    );
  }
  return outcomes;
}

test('whatever the database hangs up on is told as something to try again', async () => {
  const read = () => sql`select pg_sleep(0.001)`.execute(database.kysely);
  const write = () => database.transaction(async (tx) => sql`select pg_sleep(0.001)`.execute(tx));
  const readers = Array.from({ length: 4 }, (_, index) => lastingFailures(250, index % 2 === 0 ? read : write));
  await cutSessionsDuring(Promise.all(readers));
  const outcomes = await Promise.all(readers);
  expect(outcomes.flatMap(({ lasting }) => lasting)).toEqual([]);
  expect(outcomes.some(({ tryAgain }) => tryAgain > 0)).toBe(true);
  await read();
});

test('a connection of its own may be ended at any moment, and the process lives on', async () => {
  const connect = async () => {
    const client = await database.connect();
    try {
      await client.query('select pg_sleep(0.001)');
    } finally {
      await client.end();
    }
  };
  const connecting = lastingFailures(250, connect);
  await cutSessionsDuring(connecting);
  expect((await connecting).lasting).toEqual([]);
  expect((await connecting).tryAgain).toBeGreaterThan(0);
});
