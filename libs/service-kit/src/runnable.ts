import type { ServiceName } from '@wewrite/contracts';
import type { KitConfig } from './config.ts';
import { describeService, type ServiceDescription } from './describe.ts';
import { kitMigrations, type MigrationSource } from './migrate.ts';
import { runService, type Surroundings } from './run.ts';
import type { RunningService, ServiceDefinition } from './service.ts';

/** A service as a launcher sees it, whatever its configuration and tables. */
export interface RunnableService {
  readonly name: ServiceName;
  /** All migrations, the kit's first. */
  readonly migrations: readonly MigrationSource[];
  run(surroundings: Surroundings): Promise<RunningService>;
  /** What it hears and answers, without running it: see {@link describeService}. */
  describe(environment: Surroundings['environment']): Promise<ServiceDescription>;
}

/** Hides a definition's own types, so that services of all kinds fit one list. */
export function runnable<Config extends KitConfig, Schema>(
  definition: ServiceDefinition<Config, Schema>,
): RunnableService {
  return {
    name: definition.name,
    migrations: [kitMigrations, ...definition.migrations],
    run: (surroundings) => runService(definition, surroundings),
    describe: (environment) => describeService(definition, environment),
  };
}
