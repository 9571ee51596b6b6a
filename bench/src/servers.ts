import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type ServiceName, serviceNames } from '@wewrite/contracts';
import {
  type DatabaseUrls,
  type DevelopmentKeys,
  developmentKeys,
  freePort,
  provisionDatabase,
  startEmbeddedPostgres,
  startJvmKafka,
} from '@wewrite/local-stack';
import { type Broker, kafkaBroker, memoryBroker, sharedBroker } from '@wewrite/service-kit';
import pg from 'pg';

/** Where the benchmarks keep what they need while they run; git ignores it. */
export const benchDirectory = fileURLToPath(new URL('../../.wewrite/bench', import.meta.url));

const jarsDirectory = fileURLToPath(new URL('../../.wewrite/kafka', import.meta.url));

/** Which broker carries the messages: Apache Kafka in its own process, or one inside this process. */
export type KafkaKind = 'jvm' | 'memory';

/** What the services stand on. */
export interface Servers {
  /** The superuser's URL of the maintenance database. */
  readonly adminUrl: string;
  readonly postgresPid: number;
  /** Null for the broker inside this process. */
  readonly kafka: { readonly brokers: readonly string[]; readonly pid: number } | null;
  /** A connection to the broker for one service in this process, or for this program. */
  openBroker(name: string): Broker;
  readonly keys: DevelopmentKeys;
  /** An address at which nobody answers: Stripe is away, so that nothing after the request of payouts is measured. */
  readonly deafUrl: string;
  stop(): Promise<void>;
}

/** Starts PostgreSQL with durable settings, and the broker; quiet but for failures. */
export async function startServers(kind: KafkaKind, directory: string = benchDirectory): Promise<Servers> {
  const log = () => undefined;
  const postgres = await startEmbeddedPostgres({
    directory: join(directory, 'postgres'),
    persistent: false,
    fsync: true,
    log,
  });
  try {
    const kafka =
      kind === 'jvm' ? await startJvmKafka({ directory: join(directory, 'kafka'), jarsDirectory, log }) : null;
    const memory = memoryBroker();
    return {
      adminUrl: postgres.adminUrl,
      postgresPid: postgres.pid,
      kafka: kafka === null ? null : { brokers: kafka.brokers, pid: kafka.pid },
      openBroker: (name) =>
        kafka === null ? sharedBroker(memory) : kafkaBroker({ brokers: kafka.brokers, clientId: `bench.${name}` }),
      keys: await developmentKeys(join(directory, 'keys')),
      deafUrl: `http://127.0.0.1:${await freePort()}`,
      stop: async () => {
        await kafka?.stop();
        await memory.close();
        await postgres.stop();
      },
    };
  } catch (error) {
    await postgres.stop();
    throw error;
  }
}

/** The roles are this server's only, and end with it. */
const passwordOf = () => 'bench';

/** A database with the services' schemas and roles in it. */
export interface BenchDatabase {
  readonly name: string;
  readonly urls: Readonly<Record<ServiceName, DatabaseUrls>>;
  /** One connection as superuser, for as long as the work takes. */
  asSuperuser<Result>(work: (client: pg.Client) => Promise<Result>): Promise<Result>;
  drop(): Promise<void>;
}

/** Makes an empty database, or a copy of another one with everything in it. */
export async function createDatabase(servers: Servers, name: string, template?: string): Promise<BenchDatabase> {
  const url = new URL(servers.adminUrl);
  await withClient(servers.adminUrl, async (admin) => {
    await admin.query(`drop database if exists ${pg.escapeIdentifier(name)} with (force)`);
    if (template === undefined) return;
    await admin.query(
      `create database ${pg.escapeIdentifier(name)} template ${pg.escapeIdentifier(template)} strategy file_copy`,
    );
    // What the copy has left to be written is not the business of what is measured next.
    await admin.query('checkpoint');
  });
  const urls = await provisionDatabase(servers.adminUrl, { database: name, services: serviceNames, passwordOf });
  url.pathname = `/${name}`;
  return {
    name,
    urls,
    asSuperuser: (work) => withClient(url.href, work),
    drop: () =>
      withClient(servers.adminUrl, async (admin) => {
        await admin.query(`drop database ${pg.escapeIdentifier(name)} with (force)`);
      }),
  };
}

async function withClient<Result>(url: string, work: (client: pg.Client) => Promise<Result>): Promise<Result> {
  const client = new pg.Client({ connectionString: url, application_name: 'bench' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await work(client);
  } finally {
    await client.end();
  }
}
