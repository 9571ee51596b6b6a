import { join } from 'node:path';
import { serviceNames } from '@wewrite/contracts';
import { databaseIsEmpty, dropSchemas, startEmbeddedPostgres } from '@wewrite/local-stack';
import type { CliConfig } from '../config.ts';
import { EnvironmentFault } from '../exit-codes.ts';
import { outsidePart, type Part } from './part.ts';

/** The database of all services. */
export const databaseName = 'wewrite';

/** A database server that runs. */
export interface PostgresPart extends Part {
  /** An administrator's URL. */
  readonly adminUrl: string;
}

/** Where our own server keeps its data, and what may become of an outside one’s. */
export interface PostgresOptions {
  readonly directory: string;
  /** Whether data is kept from run to run. */
  readonly persistent: boolean;
  /** Whether data of an outside database may be dropped. */
  readonly reset: boolean;
  readonly say: (sentence: string) => void;
}

/**
 * The administrator's database of `DATABASE_URL`, else the embedded PostgreSQL. One that is not kept has to be empty, or
 * is emptied of our schemas with `reset`; throws an {@link EnvironmentFault} otherwise.
 */
export async function startPostgresPart(config: CliConfig, options: PostgresOptions): Promise<PostgresPart> {
  if (config.databaseUrl !== null) {
    const adminUrl = config.databaseUrl;
    await prepareOutside(adminUrl, options);
    const host = new URL(adminUrl).host;
    return { ...outsidePart('postgres', `PostgreSQL at ${host}, because DATABASE_URL is set`), adminUrl };
  }
  const postgres = await startEmbeddedPostgres({
    directory: join(options.directory, 'postgres'),
    persistent: options.persistent,
    // A server that is killed and started again has all commits either way; only a machine that stops loses them.
    fsync: options.persistent,
    log: options.say,
  });
  return {
    name: 'postgres',
    choice: `embedded PostgreSQL 18 on port ${postgres.port}, because DATABASE_URL is not set`,
    adminUrl: postgres.adminUrl,
    pid: () => postgres.pid,
    onDeath: (callback) =>
      postgres.onExit(({ wanted, code, signal }) => {
        if (!wanted) callback(`it ended with ${code ?? signal}`);
      }),
    restart: () => postgres.restart(),
    stop: () => postgres.stop(),
  };
}

async function prepareOutside(adminUrl: string, { persistent, reset }: PostgresOptions): Promise<void> {
  try {
    if (reset) await dropSchemas(adminUrl, { database: databaseName, services: serviceNames });
    if (persistent || (await databaseIsEmpty(adminUrl, databaseName))) return;
  } catch (error) {
    throw new EnvironmentFault('postgres: the database of DATABASE_URL cannot be used: check it, or unset it.', {
      cause: error,
    });
  }
  throw new EnvironmentFault(
    `postgres: the database ${databaseName} of DATABASE_URL is not empty, and a demo begins with an empty one. ` +
      'Give --reset to drop the schemas of the services, or use another server.',
  );
}
