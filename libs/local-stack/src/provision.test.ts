import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { databaseIsEmpty, dropSchemas, provisionDatabase } from './provision.ts';
import { urlOfLogin, withClient } from './sql.ts';
import { createTestDatabase } from './testing.ts';

const services = ['alpha', 'beta'] as const;
const database = 'provision_test';
let adminUrl: string;
let dropServer: () => Promise<void>;

const run = (url: string, sql: string) => withClient(url, (client) => client.query(sql));

/** The test server's socket lets everybody in who reaches it; here it is asked for passwords. */
function overLoopback(url: string): string {
  const { href, search } = new URL(url);
  return href.slice(0, href.length - search.length);
}

beforeAll(async () => {
  const any = await createTestDatabase({ services: [], templateKey: 'none', migrate: async () => undefined });
  adminUrl = overLoopback(any.adminUrl);
  dropServer = any.drop;
});
afterAll(async () => {
  await run(adminUrl, `drop database if exists ${database} with (force)`);
  await dropServer();
});

describe('provisioning a database', () => {
  test('the owner makes tables in its own schema by default; the app sees only what it is granted, and never changes structure', async () => {
    const { alpha } = await provisionDatabase(adminUrl, { database, services });
    await run(
      alpha.ownerUrl,
      'create table fact (id bigint generated always as identity, word text); grant select, insert, update, delete on fact to alpha_app; create table ungranted (id int)',
    );
    await run(alpha.appUrl, "insert into fact (word) values ('a'); update fact set word = 'b'; delete from fact");
    for (const sql of [
      'create table other (id int)',
      'alter table fact add column more int',
      'drop table fact',
      'select * from ungranted',
      'create temporary table hidden (id int)',
      'create schema mine',
    ]) {
      await expect(run(alpha.appUrl, sql)).rejects.toThrow(/permission denied|must be owner/);
    }
  });

  test('no login of a service reads, makes or changes anything of another service', async () => {
    const { alpha, beta } = await provisionDatabase(adminUrl, { database, services });
    await run(alpha.ownerUrl, 'create table secret (id int)');
    for (const url of [beta.appUrl, beta.ownerUrl]) {
      for (const sql of [
        'select * from alpha.secret',
        'create table alpha.intruder (id int)',
        'alter table alpha.secret add column more int',
        'create table public.shared (id int)',
        'set role alpha_owner',
      ]) {
        await expect(run(url, sql)).rejects.toThrow('permission denied');
      }
    }
  });

  test('who was not named cannot connect', async () => {
    await provisionDatabase(adminUrl, { database, services });
    await run(adminUrl, "create role stranger login password 'stranger'");
    const url = urlOfLogin(adminUrl, database, 'stranger', 'stranger');
    await expect(run(url, 'select 1')).rejects.toThrow('permission denied for database');
    await run(adminUrl, 'drop role stranger');
  });

  test('done again, also twice at once, it keeps the data and sets new passwords', async () => {
    const before = await provisionDatabase(adminUrl, { database, services });
    await run(before.beta.ownerUrl, 'create table kept (id int); grant select on kept to beta_app');
    await Promise.all([1, 2].map(() => provisionDatabase(adminUrl, { database, services })));
    const after = await provisionDatabase(adminUrl, { database, services });
    expect((await run(after.beta.appUrl, 'select * from kept')).rowCount).toBe(0);
    await expect(run(before.beta.appUrl, 'select 1')).rejects.toThrow('password authentication failed');
  });

  test('an administrator who is not a superuser can do it', async () => {
    await run(adminUrl, "create role landlord login createdb createrole password 'landlord'");
    const landlord = urlOfLogin(adminUrl, 'postgres', 'landlord', 'landlord');
    const { gamma } = await provisionDatabase(landlord, { database: 'landlord_test', services: ['gamma'] });
    await run(gamma.ownerUrl, 'create table fact (id int); grant select on fact to gamma_app');
    expect((await run(gamma.appUrl, 'select * from fact')).rowCount).toBe(0);
    expect(await databaseIsEmpty(landlord, 'landlord_test')).toBe(false);
    await dropSchemas(landlord, { database: 'landlord_test', services: ['gamma'] });
    expect(await databaseIsEmpty(landlord, 'landlord_test')).toBe(true);
    await run(adminUrl, 'drop database landlord_test with (force)');
    await run(adminUrl, 'drop role gamma_owner, gamma_app, landlord');
  });

  test('empty is a database that is absent or has no table, and again one whose schemas were dropped', async () => {
    expect(await databaseIsEmpty(adminUrl, 'never_made')).toBe(true);
    const { alpha } = await provisionDatabase(adminUrl, { database, services });
    await run(alpha.ownerUrl, 'create table if not exists fact (id int)');
    expect(await databaseIsEmpty(adminUrl, database)).toBe(false);
    await dropSchemas(adminUrl, { database, services });
    expect(await databaseIsEmpty(adminUrl, database)).toBe(true);
    await provisionDatabase(adminUrl, { database, services });
    expect(await databaseIsEmpty(adminUrl, database)).toBe(true);
  });
});
