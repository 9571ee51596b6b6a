import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createTestDatabase, type TestDatabase } from '@wewrite/local-stack/testing';
import { sql } from 'kysely';
import { type Database, openDatabase } from '../src/database.ts';
import { kitMigrations, migrate, migrationsHash } from '../src/index.ts';
import { type OpenPool, openOwnPool } from '../src/pool.ts';
import type { AroundStatement, Statement } from '../src/statement.ts';

let testDatabase: TestDatabase<'watched'>;
let database: Database<unknown>;
let seen: Statement[] = [];
/** The text before or after which the next statement fails. */
let fault: { readonly text: string; readonly when: 'before' | 'after' } | null = null;

beforeAll(async () => {
  testDatabase = await createTestDatabase({
    services: ['watched'],
    templateKey: await migrationsHash([kitMigrations]),
    migrate: async ({ watched }) => {
      await migrate({ ownerUrl: watched.ownerUrl, schema: 'watched', sources: [kitMigrations] });
    },
  });
  database = openDatabase<unknown>({
    url: testDatabase.urls.watched.appUrl,
    name: 'watched',
    maxConnections: 1,
    around: async (statement, run) => {
      seen.push(statement);
      if (fault?.when === 'before' && fault.text === statement.text) throw new Error('it died');
      const result = await run();
      if (fault?.when === 'after' && fault.text === statement.text) throw new Error('it died');
      return result;
    },
  });
});
beforeEach(() => {
  seen = [];
  fault = null;
});
afterAll(async () => {
  await database.close();
  await testDatabase.drop();
});

const remember = (id: string) =>
  sql`insert into inbox (topic, message_id, received_at) values ('topic', ${id}, '2026-11-01T00:00:00Z')`;
const insertInTransaction = (id: string) => database.transaction((tx) => remember(id).execute(tx));
const known = async () =>
  (await sql<{ message_id: string }>`select message_id from inbox order by 1`.execute(database.kysely)).rows.map(
    (row) => row.message_id,
  );

test('each statement passes: a commit lasts, and what is more than a read outside of a transaction', async () => {
  await insertInTransaction('one');
  await remember('two').execute(database.kysely);
  await known();
  expect(seen.map(({ text, commits }) => [text.slice(0, 6), commits])).toEqual([
    ['begin', false],
    ['insert', false],
    ['commit', true],
    ['insert', true],
    ['select', false],
  ]);
});

test('the commit of a transaction that has met no row lasts for nobody', async () => {
  await database.transaction(async (tx) => {
    await sql`select from inbox where topic = 'another' for update skip locked`.execute(tx);
    await sql`update inbox set received_at = received_at where topic = ${'another'}`.execute(tx);
  });
  expect(seen.map(({ commits }) => commits)).toEqual([false, false, false, false]);
});

test('a throw before the commit undoes the transaction, one after it does not; the pool goes on', async () => {
  fault = { text: 'commit', when: 'before' };
  await expect(insertInTransaction('lost')).rejects.toThrow('it died');
  fault = { text: 'commit', when: 'after' };
  await expect(insertInTransaction('kept')).rejects.toThrow('it died');
  fault = null;
  expect(await known()).toEqual(['kept', 'one', 'two']);
});

test('a transaction without a statement, or with one that fails, leaves its connection as it was', async () => {
  await database.transaction(async () => undefined);
  await expect(database.transaction(() => Promise.reject(new Error('it died')))).rejects.toThrow('it died');
  const failing = database.transaction(async (tx) => {
    await remember('undone').execute(tx);
    await sql`select 1 / 0`.execute(tx);
  });
  await expect(failing).rejects.toThrow('division by zero');
  await remember('three').execute(database.kysely);
  expect(await known()).toEqual(['kept', 'one', 'three', 'two']);
});

test('connections that outlive a pool know what they have prepared: another goes on with them', async () => {
  const url = testDatabase.urls.watched.appUrl;
  const own = openOwnPool({ connectionString: url, max: 1 });
  const lent: OpenPool = () => ({ options: own.options, connect: () => own.connect(), end: async () => undefined });
  const asItIs: AroundStatement = (_, run) => run();
  const preparedAfter = async (...texts: string[]) => {
    const borrower = openDatabase<unknown>({
      url,
      name: 'borrower',
      maxConnections: 1,
      around: asItIs,
      openPool: lent,
    });
    for (const text of texts)
      await sql`select from inbox where topic = ${'it'} and ${sql.raw(text)}`.execute(borrower.kysely);
    const { rows } = await sql`select from pg_prepared_statements`.execute(borrower.kysely);
    await borrower.close();
    return rows.length;
  };
  // With the one that asks.
  expect(await preparedAfter('1 = 1', '2 = 2')).toBe(3);
  expect(await preparedAfter('3 = 3', '1 = 1')).toBe(4);
  await own.end();
});
