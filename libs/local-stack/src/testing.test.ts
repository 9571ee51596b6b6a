import { afterAll, describe, expect, test } from '@jest/globals';
import { withClient } from './sql.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';

describe('a database per test file', () => {
  const open: TestDatabase<'billing' | 'earnings'>[] = [];
  let migrations = 0;
  const make = async () => {
    const database = await createTestDatabase({
      services: ['billing', 'earnings'],
      templateKey: 'one table',
      migrate: async (urls) => {
        migrations++;
        await withClient(urls.billing.ownerUrl, (owner) =>
          owner.query(
            'create table invoice (id text primary key, cents bigint); grant select, insert on invoice to billing_app',
          ),
        );
      },
    });
    open.push(database);
    return database;
  };
  afterAll(async () => {
    for (const database of open) await database.drop();
  });

  test('two databases asked for at once are migrated by one template and share nothing', async () => {
    const [first, second] = await Promise.all([make(), make()]);
    expect(migrations).toBe(1);
    expect(first.name).not.toBe(second.name);
    await withClient(first.urls.billing.appUrl, (app) => app.query("insert into invoice values ('a', 1)"));
    const { rows } = await withClient(second.urls.billing.appUrl, (app) => app.query('select * from invoice'));
    expect(rows).toEqual([]);
  });

  test('a copy has the rights and settings that the template had', async () => {
    const { urls } = await make();
    const setting = (url: string, name: string) =>
      withClient(
        url,
        async (client) => (await client.query('select current_setting($1) as value', [name])).rows[0].value,
      );
    expect(await setting(urls.billing.appUrl, 'search_path')).toBe('billing');
    expect(await setting(urls.billing.appUrl, 'transaction_timeout')).toBe('30s');
    expect(await setting(urls.earnings.ownerUrl, 'transaction_timeout')).toBe('0');
    await expect(withClient(urls.earnings.appUrl, (app) => app.query('select * from billing.invoice'))).rejects.toThrow(
      'permission denied for schema billing',
    );
  });

  test('a dropped database is gone even while a session is open', async () => {
    const database = await make();
    open.pop();
    await withClient(database.urls.billing.appUrl, async () => database.drop());
    await expect(withClient(database.urls.billing.appUrl, (app) => app.query('select 1'))).rejects.toThrow(
      'does not exist',
    );
  });
});
