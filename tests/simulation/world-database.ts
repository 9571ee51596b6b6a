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
import { backToMigrated } from './back-to-migrated.ts';
import { type KeptConnections, keptConnections } from './kept-connections.ts';

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
  /** Gives it back, for the next world. */
  giveBack(): Promise<void>;
}

/** A database that one world after another has. */
interface KeptDatabase {
  readonly lent: Omit<WorldDatabase, 'giveBack'>;
  readonly connections: KeptConnections;
  /** Lets it be as if nothing had been played in it. */
  readonly comeBack: () => Promise<void>;
  readonly drop: () => Promise<void>;
  worldsPlayed: number;
}

/** Partitions come and go with each world, and leave their traces in the catalogs. */
const mostWorlds = 100;

let kept: KeptDatabase | undefined;

/**
 * A database with the five schemas, as they are after all migrations: the one that the last world of this process has
 * given back, or a copy of the run's template. To empty one takes a quarter of what it takes to make one, and what its
 * connections have prepared stays.
 */
export async function worldDatabase(): Promise<WorldDatabase> {
  const mine = kept ?? (await newDatabase());
  kept = undefined;
  return { ...mine.lent, giveBack: () => giveBack(mine) };
}

async function giveBack(database: KeptDatabase): Promise<void> {
  const { connections, comeBack, drop } = database;
  database.worldsPlayed += 1;
  const isFit = kept === undefined && database.worldsPlayed < mostWorlds && !connections.areLent();
  if (!isFit) return drop();
  await comeBack();
  await connections.forgetPlans();
  kept = database;
}

async function newDatabase(): Promise<KeptDatabase> {
  const { name: databaseName, adminUrl, urls: logins, drop } = await copyOfTemplate();
  const connections = keptConnections();
  const openPool = connections.open;
  const urls: Partial<Record<ServiceName, string>> = {};
  const databases: Partial<Record<ServiceName, Database<never>>> = {};
  for (const name of serviceNames) {
    const url = withSetting(logins[name].appUrl, planningOnce);
    urls[name] = url;
    databases[name] = openDatabase<never>({ url, name: 'world', maxConnections: 10, openPool, around: asItIs });
  }
  const admin = new URL(withSetting(adminUrl, heldUpByNothing));
  admin.pathname = databaseName;
  // Not as the services' statements are: several go at a time, and none is prepared.
  const owner = openDatabase<never>({ url: admin.href, name: 'world', maxConnections: 1, openPool });
  return {
    lent: {
      urls: urls as Record<ServiceName, string>,
      openPool,
      // The tables' types are the caller's to know; the connection is the same.
      open: <Schema>(name: ServiceName) => databases[name] as unknown as Database<Schema>,
    },
    connections,
    comeBack: await backToMigrated(owner),
    drop: async () => {
      await connections.end();
      await drop();
    },
    worldsPlayed: 0,
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

/** Each prepared statement is planned once a connection: with so few rows, one plan is as good for any parameters. */
const planningOnce = '-c plan_cache_mode=force_generic_plan';
/** Triggers and foreign keys let pass whatever is written, and who is still at work is told instead of waited for. */
const heldUpByNothing = '-c session_replication_role=replica -c lock_timeout=10s';

function withSetting(url: string, setting: string): string {
  const changed = new URL(url);
  changed.searchParams.set('options', setting);
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
