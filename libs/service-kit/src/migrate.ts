import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';

/** Numbered forward-only SQL files, `NNNN_name.sql`. `{{schema}}` and `{{app_role}}` stand for the service's own. */
export interface MigrationSource {
  readonly name: string;
  readonly directory: URL;
}

/** The kit's own tables; every service has them first. */
export const kitMigrations: MigrationSource = { name: 'kit', directory: new URL('../migrations/', import.meta.url) };

interface Migration {
  readonly id: string;
  readonly hash: string;
  readonly sql: string;
}

const lockKey = 7_117_001;

/**
 * Applies what is missing, as the owner role, each file in its own transaction under one advisory lock. Refuses when a
 * file that was applied has changed since.
 */
export async function migrate(options: {
  ownerUrl: string;
  schema: string;
  sources: readonly MigrationSource[];
}): Promise<{ applied: readonly string[] }> {
  const migrations = await readMigrations(options.sources, options.schema);
  const client = new pg.Client({ connectionString: options.ownerUrl, application_name: `${options.schema}-migrate` });
  await client.connect();
  try {
    await client.query(`set search_path to ${pg.escapeIdentifier(options.schema)}; set lock_timeout = '5s'`);
    await client.query('select pg_advisory_lock($1, hashtext($2))', [lockKey, options.schema]);
    await client.query(
      `create table if not exists migration (id text primary key, hash text not null);
       grant select on migration to ${pg.escapeIdentifier(appRoleOf(options.schema))}`,
    );
    return { applied: await applyMissing(client, migrations) };
  } finally {
    await client.end();
  }
}

/** The files that the schema still lacks; empty when it is current. Rejects where nothing was ever migrated. */
export async function missingMigrations(
  query: (sql: string) => Promise<readonly { id: string; hash: string }[]>,
  schema: string,
  sources: readonly MigrationSource[],
): Promise<readonly string[]> {
  const wanted = await readMigrations(sources, schema);
  const present = new Map<string, string>();
  const known = await query("select id, hash from migration where to_regclass('migration') is not null").catch(
    () => [],
  );
  for (const row of known) present.set(row.id, row.hash);
  return wanted.filter((migration) => present.get(migration.id) !== migration.hash).map((migration) => migration.id);
}

/** One hash over all files: a template database is as current as its hash. */
export async function migrationsHash(sources: readonly MigrationSource[]): Promise<string> {
  const hash = createHash('sha256');
  for (const migration of await readMigrations(sources, 'template')) hash.update(`${migration.id} ${migration.hash}\n`);
  return hash.digest('hex');
}

async function applyMissing(client: pg.Client, migrations: readonly Migration[]): Promise<string[]> {
  const { rows } = await client.query<{ id: string; hash: string }>('select id, hash from migration');
  const present = new Map(rows.map((row) => [row.id, row.hash]));
  const applied: string[] = [];
  for (const migration of migrations) {
    const hash = present.get(migration.id);
    if (hash !== undefined && hash !== migration.hash) {
      throw new Error(`${migration.id} was applied and has changed since: add a new migration instead`);
    }
    if (hash !== undefined) continue;
    await client.query('begin');
    try {
      await client.query(migration.sql);
      await client.query('insert into migration (id, hash) values ($1, $2)', [migration.id, migration.hash]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw new Error(`${migration.id} failed: ${error instanceof Error ? error.message : error}`, { cause: error });
    }
    applied.push(migration.id);
  }
  return applied;
}

async function readMigrations(sources: readonly MigrationSource[], schema: string): Promise<Migration[]> {
  const migrations: Migration[] = [];
  for (const source of sources) {
    const files = (await readdir(source.directory)).filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file)).sort();
    for (const file of files) {
      const text = await readFile(new URL(file, source.directory), 'utf8');
      migrations.push({
        id: `${source.name}/${file}`,
        hash: createHash('sha256').update(text).digest('hex'),
        sql: text.replaceAll('{{schema}}', schema).replaceAll('{{app_role}}', appRoleOf(schema)),
      });
    }
  }
  return migrations;
}

function appRoleOf(schema: string): string {
  return `${schema}_app`;
}
