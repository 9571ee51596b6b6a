import { expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { type WorldDatabase, worldDatabase } from './world-database.ts';

const runId = '01920000-0000-7000-8000-000000000001';

/** What somebody who looks at the schemas sees. */
async function stateOf(database: WorldDatabase) {
  const read = async <Row>(service: 'billing' | 'earnings', text: string) =>
    (await sql.raw<Row>(text).execute(database.open<never>(service).kysely)).rows;
  return {
    migrated: await read('billing', 'select * from books_version'),
    events: await read('billing', 'select id from outbox order by id'),
    pages: await read(
      'billing',
      "select pg_relation_size('outbox') as bytes, reltuples from pg_class where oid = 'outbox'::regclass",
    ),
    sequence: await read('billing', 'select last_value, is_called from outbox_id_seq'),
    partitions: await read('earnings', "select inhrelid from pg_inherits where inhparent = 'line'::regclass"),
  };
}

async function play(database: WorldDatabase): Promise<void> {
  const billing = database.open<never>('billing').kysely;
  for (const key of ['one', 'two']) {
    await sql`insert into outbox (topic, key, message_id, occurred_at, payload) values ('it', ${key}, ${key}, now(), ''::bytea)`.execute(
      billing,
    );
  }
  await sql`update books_version set version = version + 1`.execute(billing);
  await sql`select create_line_partition(${runId})`.execute(database.open<never>('earnings').kysely);
}

test('the next world has the same database, and cannot tell what was played in it', async () => {
  const first = await worldDatabase();
  const before = await stateOf(first);
  await play(first);
  expect(await stateOf(first)).not.toEqual(before);
  await first.giveBack();
  const second = await worldDatabase();
  expect(second.urls).toEqual(first.urls);
  expect(await stateOf(second)).toEqual(before);
  await second.giveBack();
});

test('a database in which somebody is still at work is nobody else’s', async () => {
  const first = await worldDatabase();
  const pool = first.openPool({ connectionString: first.urls.billing });
  const connection = await pool.connect();
  const givingBack = first.giveBack();
  connection.release();
  await givingBack;
  const second = await worldDatabase();
  expect(second.urls).not.toEqual(first.urls);
  await second.giveBack();
});

test('two worlds at a time have one each', async () => {
  const [one, other] = [await worldDatabase(), await worldDatabase()];
  expect(one.urls).not.toEqual(other.urls);
  await one.giveBack();
  await other.giveBack();
});
