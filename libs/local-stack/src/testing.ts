import { createHash, randomBytes } from 'node:crypto';
import pg from 'pg';
import { readTestEnvironment } from './config.ts';
import { type DatabaseUrls, databaseUrls, prepareDatabase, provisionDatabase } from './provision.ts';
import { withClient } from './sql.ts';
import { askForKafka, askForPostgres, startTestStack, type TestStack, testPasswordOf } from './test-stack.ts';

/** What a test database is made from. */
export interface TestDatabaseOptions<Service extends string> {
  readonly services: readonly Service[];
  /** Changes whenever `migrate` would do something else: a hash of the migrations. */
  readonly templateKey: string;
  /** Brings the empty schemas up to date. Called once a run for each `templateKey`, not for each database. */
  readonly migrate: (urls: Record<Service, DatabaseUrls>) => Promise<void>;
}

/** A database of one test file. */
export interface TestDatabase<Service extends string> {
  /** Unique among all runs; also fit as a prefix of Kafka topics. */
  readonly name: string;
  readonly urls: Record<Service, DatabaseUrls>;
  /** The superuser's URL of the server's maintenance database. */
  readonly adminUrl: string;
  /** Cuts off open sessions and removes the database. */
  drop(): Promise<void>;
}

/**
 * A new database for one test file, with a schema and two roles for each service, on the real PostgreSQL that all files
 * of the run share. It is a copy of a template that the first file to ask for it has migrated.
 */
export async function createTestDatabase<Service extends string>(
  options: TestDatabaseOptions<Service>,
): Promise<TestDatabase<Service>> {
  const { adminUrl } = await askForPostgres(await testStackUrl());
  const template = await prepareTemplate(adminUrl, options);
  const database = `test_${randomBytes(6).toString('hex')}`;
  const { services } = options;
  // Files are copied as they are, in half the time that their pages would take on their way through the log.
  await withClient(adminUrl, (admin) =>
    admin.query(
      `create database ${pg.escapeIdentifier(database)} template ${pg.escapeIdentifier(template)} strategy file_copy`,
    ),
  );
  await prepareDatabase(adminUrl, { database, services });
  return {
    name: database,
    urls: databaseUrls(adminUrl, { database, services }, (role) => testPasswordOf(adminUrl, role)),
    adminUrl,
    drop: async () => {
      await withClient(adminUrl, (admin) => admin.query(`drop database ${pg.escapeIdentifier(database)} with (force)`));
    },
  };
}

/**
 * The Kafka that all files of the run share: `KAFKA_BROKERS`, else a JVM broker, started when first asked for. `null`
 * where neither is possible; the run then says once why.
 */
export async function testKafka(): Promise<{ brokers: string[] } | null> {
  const { brokers } = readTestEnvironment();
  if (brokers !== null) return { brokers };
  const answer = await askForKafka(await testStackUrl());
  return 'brokers' in answer ? answer : null;
}

let ownStack: Promise<TestStack> | undefined;

/**
 * The stack that Jest's `globalSetup` announced. Without one (a benchmark, a script) a stack is started that belongs to
 * the caller alone, and ends with this process.
 */
async function testStackUrl(): Promise<string> {
  const { testStackUrl: announced } = readTestEnvironment();
  if (announced !== null) return announced;
  ownStack ??= startOwnStack();
  return (await ownStack).url;
}

async function startOwnStack(): Promise<TestStack> {
  const stack = await startTestStack();
  process.once('exit', stack.abandon);
  return stack;
}

const prepared = new Map<string, Promise<void>>();

/** Makes the template unless it is there, looking once a process; returns its name. */
async function prepareTemplate<Service extends string>(
  adminUrl: string,
  options: TestDatabaseOptions<Service>,
): Promise<string> {
  const hash = createHash('sha256')
    .update(JSON.stringify([adminUrl, options.services, options.templateKey]))
    .digest('hex');
  const template = `template_${hash.slice(0, 16)}`;
  const preparing = prepared.get(template) ?? makeTemplate(adminUrl, template, options);
  prepared.set(template, preparing);
  await preparing;
  return template;
}

/** Files that ask at the same time wait for the first. */
async function makeTemplate<Service extends string>(
  adminUrl: string,
  template: string,
  { services, migrate }: TestDatabaseOptions<Service>,
): Promise<void> {
  const unfinished = `${template}_unfinished`;
  await withClient(adminUrl, async (admin) => {
    await admin.query('select pg_advisory_lock(hashtext($1))', [template]);
    const found = await admin.query('select from pg_database where datname = $1', [template]);
    if (found.rowCount !== 0) return;
    await admin.query(`drop database if exists ${pg.escapeIdentifier(unfinished)} with (force)`);
    const passwordOf = (role: string) => testPasswordOf(adminUrl, role);
    await migrate(await provisionDatabase(adminUrl, { database: unfinished, services, passwordOf }));
    // A template may have no sessions; pools that `migrate` has closed may still be saying goodbye.
    await admin.query('select pg_terminate_backend(pid, 10000) from pg_stat_activity where datname = $1', [unfinished]);
    await admin.query(`alter database ${pg.escapeIdentifier(unfinished)} rename to ${pg.escapeIdentifier(template)}`);
  });
}
