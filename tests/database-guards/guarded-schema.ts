import type { ServiceName } from '@wewrite/contracts';
import { createTestDatabase } from '@wewrite/local-stack/testing';
import { type Database, migrate, migrationsHash, openDatabase, type RunnableService } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Row } from './guards.ts';

/** A service's schema as its migrations leave it, and what its database refuses by itself. */
export interface GuardedSchema {
  /** The name of the check or unique rule that refuses one of the rows, added in their order; null when none does. */
  refusalOf(trial: Trial): Promise<string | null>;
  /** `table.name` of each check and unique rule, primary keys and the ledger's own tables left out. */
  guards(): Promise<readonly string[]>;
  /** Tables of whose rows the service itself may change, or remove, none. */
  tablesKeptFrom(privilege: 'update' | 'delete'): Promise<readonly string[]>;
  close(): Promise<void>;
}

/** Rows to be added to a table, once it has room for them. */
export interface Trial {
  readonly table: string;
  readonly before: string | undefined;
  readonly rows: readonly Row[];
}

/** Migrates a schema of its own for the service; nothing of the service runs. */
export async function openGuardedSchema(service: RunnableService): Promise<GuardedSchema> {
  const { name, migrations } = service;
  const testDatabase = await createTestDatabase<ServiceName>({
    services: [name],
    templateKey: await migrationsHash(migrations),
    migrate: (urls) => migrate({ ownerUrl: urls[name].ownerUrl, schema: name, sources: migrations }).then(() => {}),
  });
  const adminUrl = new URL(testDatabase.adminUrl);
  adminUrl.pathname = `/${testDatabase.name}`;
  const database = openDatabase<unknown>({ url: adminUrl.href, name: 'database-guards', maxConnections: 1 });
  return {
    refusalOf: (trial) => refusalOf(database, name, trial),
    guards: () => guardsOf(database, name),
    tablesKeptFrom: (privilege) => tablesKeptFrom(database, name, privilege),
    close: async () => {
      await database.close();
      await testDatabase.drop();
    },
  };
}

class RolledBack extends Error {}

async function refusalOf(
  { kysely }: Database<unknown>,
  schema: string,
  { table, before, rows }: Trial,
): Promise<string | null> {
  const trial = kysely.transaction().execute(async (tx) => {
    // Checks and unique rules hold all the same; rows that are referred to need not be there.
    await sql`select set_config('session_replication_role', 'replica', true)`.execute(tx);
    await sql`select set_config('search_path', ${schema}, true)`.execute(tx);
    // Also a table of one row takes the one that is tried.
    await sql`delete from ${sql.id(table)}`.execute(tx);
    if (before !== undefined) await sql.raw(before).execute(tx);
    const plausible = await plausibleRow(tx, schema, table);
    for (const row of rows) await insert(tx, table, { ...plausible, ...row });
    throw new RolledBack();
  });
  return trial.catch((error: unknown) => {
    if (error instanceof RolledBack) return null;
    if (Error.isError(error) && 'constraint' in error && typeof error.constraint === 'string') return error.constraint;
    throw error;
  });
}

async function insert(tx: Transaction<unknown>, table: string, row: Row): Promise<void> {
  await sql`
    insert into ${sql.id(table)} (${sql.join(Object.keys(row).map((column) => sql.id(column)))})
    values (${sql.join(Object.values(row))})`.execute(tx);
}

/** By type, what a column holds that has to hold something. */
const plausibleValues: Readonly<Record<string, string>> = {
  text: 'x',
  int4: '1',
  int8: '1',
  float8: '1',
  bool: 'true',
  timestamptz: '2026-11-15T12:00:00Z',
  uuid: '00000000-0000-4000-8000-000000000001',
  bytea: '\\x00',
  jsonb: '{}',
  _text: '{}',
  _int8: '{}',
};

async function plausibleRow(tx: Transaction<unknown>, schema: string, table: string): Promise<Row> {
  const { rows } = await sql<{ name: string; type: string }>`
    select column_name as name, udt_name as type from information_schema.columns
    where table_schema = ${schema} and table_name = ${table}
      and is_nullable = 'NO' and column_default is null and is_identity = 'NO'`.execute(tx);
  return Object.fromEntries(
    rows.map(({ name, type }) => {
      const value = plausibleValues[type];
      if (value === undefined) throw new Error(`nothing plausible is known for ${table}.${name}, of type ${type}`);
      return [name, value];
    }),
  );
}

async function guardsOf({ kysely }: Database<unknown>, schema: string): Promise<readonly string[]> {
  const { rows } = await sql<{ guard: string }>`
    with guard as (
      select conrelid as table_id, conname as name from pg_constraint where contype in ('c', 'u')
      union all
      select indrelid, relname from pg_index join pg_class on pg_class.oid = indexrelid
      where indisunique and not indisprimary and indpred is not null
    )
    select relname || '.' || name as guard from guard join pg_class on pg_class.oid = table_id
    where relnamespace = ${schema}::regnamespace and not relispartition and not relname ^@ 'ledger_'
    order by 1`.execute(kysely);
  return rows.map(({ guard }) => guard);
}

async function tablesKeptFrom(
  { kysely }: Database<unknown>,
  schema: string,
  privilege: 'update' | 'delete',
): Promise<readonly string[]> {
  const { rows } = await sql<{ name: string }>`
    select relname as name from pg_class
    where relnamespace = ${schema}::regnamespace and relkind in ('r', 'p') and not relispartition
      and not relname ^@ 'ledger_' and not has_table_privilege(${`${schema}_app`}, pg_class.oid, ${privilege})
    order by 1`.execute(kysely);
  return rows.map(({ name }) => name);
}
