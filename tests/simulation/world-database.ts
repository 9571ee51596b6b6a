import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ServiceName, serviceNames } from '@wewrite/contracts';
import { type DevelopmentKeys, developmentKeys } from '@wewrite/local-stack';
import { createTestDatabase, type TestDatabase } from '@wewrite/local-stack/testing';
import { type MigrationSource, migrate, migrationsHash } from '@wewrite/service-kit';
import { services } from '../../apps/cli/src/stack/services.ts';

let hash: Promise<string> | undefined;
let keys: Promise<DevelopmentKeys> | undefined;

/** After a service's own: what writes down the states that its rows come into, for the census. */
const watchStates: MigrationSource = { name: 'watch-states', directory: new URL('./watch-states/', import.meta.url) };

const migrationsOf = (name: ServiceName) => [...services[name].migrations, watchStates];

/** A database with the five schemas, as they are after all migrations: a copy of the run's template. */
export async function worldDatabase(): Promise<TestDatabase<ServiceName>> {
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
export function planningOnce(url: string): string {
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
