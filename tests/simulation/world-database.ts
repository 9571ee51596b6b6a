import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '@wewrite/contracts';
import { type DevelopmentKeys, developmentKeys } from '@wewrite/local-stack';
import { createTestDatabase } from '@wewrite/local-stack/testing';
import {
  type AroundStatement,
  type Database,
  type MigrationSource,
  migrate,
  migrationsHash,
  type OpenPool,
  openDatabase,
} from '@wewrite/service-kit';
import { services } from '../../apps/cli/src/stack/services.ts';
import { keptConnections } from './kept-connections.ts';

let hash: Promise<string> | undefined;
let keys: Promise<DevelopmentKeys> | undefined;

/** After a service's own: what writes down the states that its rows come into, for the census. */
const watchStates: MigrationSource = { name: 'watch-states', directory: new URL('./watch-states/', import.meta.url) };

const migrationsOf = (name: ServiceName) => [...services[name].migrations, watchStates];

/** What the services of one world, and whoever looks at their books, have in common. */
export interface WorldDatabase {
  /** A service's login at run time. */
  readonly urls: Readonly<Record<ServiceName, string>>;
  /** Connections by these logins. */
  readonly openPool: OpenPool;
  /** A service's schema, to look at its books. */
  open<Schema>(service: ServiceName): Database<Schema>;
  /** Cuts off open sessions and removes the database. */
  drop(): Promise<void>;
}

/** A database with the five schemas, as they are after all migrations: a copy of the run's template. */
export async function worldDatabase(): Promise<WorldDatabase> {
  const { urls: logins, drop } = await copyOfTemplate();
  const connections = keptConnections();
  const openPool = connections.open;
  const urls: Partial<Record<ServiceName, string>> = {};
  const databases: Partial<Record<ServiceName, Database<never>>> = {};
  for (const name of serviceNames) {
    const url = planningOnce(logins[name].appUrl);
    urls[name] = url;
    databases[name] = openDatabase<never>({ url, name: 'world', maxConnections: 10, openPool, around: asItIs });
  }
  return {
    urls: urls as Record<ServiceName, string>,
    openPool,
    // The tables' types are the caller's to know; the connection is the same.
    open: <Schema>(name: ServiceName) => databases[name] as unknown as Database<Schema>,
    drop: async () => {
      await connections.end();
      await drop();
    },
  };
}

/** What nothing befalls: prepared, as the statements of the services are. */
const asItIs: AroundStatement = (_, run) => run();

async function copyOfTemplate() {
  hash ??= Promise.all(serviceNames.map((name) => migrationsHash(migrationsOf(name)))).then(String);
  return createTestDatabase({
    services: serviceNames,
    templateKey: await hash,
    migrate: async (urls) => {
      for (const name of serviceNames) {
        await migrate({ ownerUrl: urls[name].ownerUrl, schema: name, sources: migrationsOf(name) });
      }
    },
  });
}

/**
 * The login of a database in which each prepared statement is planned once a connection: with so few rows, one plan is as
 * good for any parameters.
 */
function planningOnce(url: string): string {
  const changed = new URL(url);
  changed.searchParams.set('options', '-c plan_cache_mode=force_generic_plan');
  return changed.href;
}

/** What tokens of all worlds of this process are signed with. */
export function keysOfRun(): Promise<DevelopmentKeys> {
  keys ??= makeKeys();
  return keys;
}

async function makeKeys(): Promise<DevelopmentKeys> {
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-world-keys-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return developmentKeys(directory);
}
