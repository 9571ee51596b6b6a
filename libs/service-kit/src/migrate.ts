import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import pg from 'pg';
import { tolerateItsEnd } from './pool.ts';

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
  /** With its placeholders. */
  readonly text: string;
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
  const migrations = await readMigrations(options.sources);
  const client = new pg.Client({ connectionString: options.ownerUrl, application_name: `${options.schema}-migrate` });
  tolerateItsEnd(client);
  await client.connect();
  try {
    await client.query(`set search_path to ${pg.escapeIdentifier(options.schema)}; set lock_timeout = '5s'`);
    await client.query('select pg_advisory_lock($1, hashtext($2))', [lockKey, options.schema]);
    await client.query(
      `create table if not exists migration (id text primary key, hash text not null);
       grant select on migration to ${pg.escapeIdentifier(appRoleOf(options.schema))}`,
    );
    return { applied: await applyMissing(client, options.schema, migrations) };
  } finally {
    await client.end();
  }
}

/** The files that the schema still lacks; empty when it is current. Rejects where nothing was ever migrated. */
export async function missingMigrations(
  query: (sql: string) => Promise<readonly { id: string; hash: string }[]>,
  sources: readonly MigrationSource[],
): Promise<readonly string[]> {
  const wanted = await readMigrations(sources);
  const present = new Map<string, string>();
  const applied = await query("select id, hash from migration where to_regclass('migration') is not null").catch(
    () => [],
  );
  for (const row of applied) present.set(row.id, row.hash);
  return wanted.filter((migration) => present.get(migration.id) !== migration.hash).map((migration) => migration.id);
}

/** One hash over all files: a template database is as current as its hash. */
export async function migrationsHash(sources: readonly MigrationSource[]): Promise<string> {
  const hash = createHash('sha256');
  for (const migration of await readMigrations(sources)) hash.update(`${migration.id} ${migration.hash}\n`);
  return hash.digest('hex');
}

async function applyMissing(client: pg.Client, schema: string, migrations: readonly Migration[]): Promise<string[]> {
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
      await client.query(sqlOf(migration, schema));
      await client.query('insert into migration (id, hash) values ($1, $2)', [migration.id, migration.hash]);
      await client.query('commit');
    } catch (error) {
      await client.query('rollback');
      throw new Error(`${migration.id} failed: ${Error.isError(error) ? error.message : error}`, { cause: error });
    }
    applied.push(migration.id);
  }
  return applied;
}

const readingOf = new Map<string, Promise<readonly Migration[]>>();

/** Each source is read once a process: the files of a release do not change while it runs. */
async function readMigrations(sources: readonly MigrationSource[]): Promise<readonly Migration[]> {
  const read = sources.map((source) => {
    const key = `${source.name} ${source.directory.href}`;
    const known = readingOf.get(key);
    if (known !== undefined) return known;
    const reading = readSource(source).catch((error: unknown) => {
      readingOf.delete(key);
      throw error;
    });
    readingOf.set(key, reading);
    return reading;
  });
  return (await Promise.all(read)).flat();
}

async function readSource({ name, directory }: MigrationSource): Promise<readonly Migration[]> {
  const files = (await readdir(directory)).filter((file) => /^\d{4}_[a-z0-9_]+\.sql$/.test(file)).sort();
  const migrations: Migration[] = [];
  for (const file of files) {
    const text = await readFile(new URL(file, directory), 'utf8');
    migrations.push({ id: `${name}/${file}`, hash: createHash('sha256').update(text).digest('hex'), text });
  }
  return migrations;
}

function sqlOf({ text }: Migration, schema: string): string {
  return text.replaceAll('{{schema}}', schema).replaceAll('{{app_role}}', appRoleOf(schema));
}

function appRoleOf(schema: string): string {
  return `${schema}_app`;
}
