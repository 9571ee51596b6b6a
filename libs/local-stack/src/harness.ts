import { type MessageOf, type ServiceName, type Topic, topics } from '@wewrite/contracts';
import {
  type Broker,
  type Database,
  encodeBody,
  memoryBroker,
  migrate,
  migrationsHash,
  openDatabase,
  type RunnableService,
  type RunningService,
  recordOf,
  type SteeredClock,
  sharedBroker,
  steeredClock,
  type TechnicalTime,
} from '@wewrite/service-kit';
import { z } from 'zod';
import { testKeys } from './harness-keys.ts';
import { createTestDatabase, type TestDatabase } from './testing.ts';
import { until } from './until.ts';

export { until } from './until.ts';

/** Services under test: real Postgres, the in-process broker, a clock that stands until it is set. */
export interface Harness {
  readonly broker: Broker;
  readonly clock: SteeredClock;
  /** The public base URL of a service. */
  url(service: ServiceName): string;
  /** The base URL of a service's operations port. */
  adminUrl(service: ServiceName): string;
  /** The service's schema, with its runtime role. */
  database<Schema>(service: ServiceName): Database<Schema>;
  /** Where the service's runtime role reaches its schema. */
  databaseUrl(service: ServiceName): string;
  /** Where the role does that owns the schema, to plant faults in it. */
  ownerUrl(service: ServiceName): string;
  token(claims: { sub: string; roles: readonly string[] }): Promise<string>;
  /** What the tokens are verified with. */
  readonly jwksFile: string;
  /** Sends a message as another service would; the same id makes it the same message again. */
  say<T extends Topic>(topic: T, message: { key: string; body: MessageOf<T>; id: string }): Promise<void>;
  topicName(topic: Topic): string;
  /** Waits until nothing is under way: all idle reports are zero twice in a row, and nothing moved between. */
  settled(): Promise<void>;
  /** Sets the harness's clock and waits until what that made due is done. */
  setClock(instant: string): Promise<void>;
  /** Another replica of the service, with the same schema and group. */
  startReplica(service: ServiceName): Promise<RunningService>;
  /** Stops the replica of the service that was started first. */
  stopFirst(service: ServiceName): Promise<void>;
  stop(): Promise<void>;
}

/** What to start for a test file. */
export interface HarnessOptions {
  /** `runnable(definition)` of each service. */
  readonly services: readonly RunnableService[];
  readonly now: string;
  /** Variables beside the kit's own, e.g. Stripe's secrets. With `CLOCK_URL` the services follow that clock instead. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Technical time that a test moves, instead of the real one. */
  readonly time?: TechnicalTime;
}

/** Starts services for a test file; stop it in `afterAll`. Where one fails to start, nothing of the others is left. */
export async function startHarness(options: HarnessOptions): Promise<Harness> {
  const testDatabase = await databaseFor(options.services);
  const keys = await testKeys();
  const broker = memoryBroker();
  const topicPrefix = `${testDatabase.name}.`;
  const topicName = (topic: Topic) => `${topicPrefix}${topic.name}`;
  await broker.createTopics(topics.map((topic) => ({ ...topic, name: topicName(topic) })));
  const clock = steeredClock({ now: new Date(options.now), running: false });
  const running: RunningService[] = [];
  const databases = new Map<string, Database<never>>();
  const start = async (service: RunnableService) => {
    const started = await service.run({
      environment: {
        NODE_ENV: 'test',
        PORT: '0',
        ADMIN_PORT: '0',
        DATABASE_URL: found(testDatabase.urls, service.name).appUrl,
        KAFKA_BROKERS: 'memory',
        TOPIC_PREFIX: topicPrefix,
        JWKS_FILE: keys.jwksFile,
        LOG_LEVEL: 'silent',
        ...options.environment,
      },
      openBroker: () => sharedBroker(broker),
      ...(options.environment?.CLOCK_URL === undefined ? { clock } : {}),
      ...(options.time === undefined ? {} : { time: options.time }),
    });
    return listIn(running, started);
  };
  const stop = async () => {
    await Promise.all([...running].map((service) => service.stop()));
    await Promise.all([...databases.values()].map((database) => database.close()));
    await broker.close();
    await testDatabase.drop();
    await keys.remove();
  };
  try {
    for (const service of options.services) await start(service);
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ broker, clock, topicName },
    url: (name) => named(running, name).url,
    adminUrl: (name) => named(running, name).adminUrl,
    database: <Schema>(name: ServiceName) => {
      const url = found(testDatabase.urls, name).appUrl;
      const database = databases.get(name) ?? openDatabase<never>({ url, name: 'test', maxConnections: 4 });
      databases.set(name, database);
      // The tables' types are the caller's to know; the connection is the same.
      return database as unknown as Database<Schema>;
    },
    databaseUrl: (name) => found(testDatabase.urls, name).appUrl,
    ownerUrl: (name) => found(testDatabase.urls, name).ownerUrl,
    token: keys.sign,
    jwksFile: keys.jwksFile,
    say: (topic, { key, id, body }) => {
      const payload = encodeBody(topic, body);
      const sent = { topic, topicName: topicName(topic), key, id, payload };
      return broker.send([recordOf({ ...sent, source: 'test', time: clock.now(), traceparent: null })]);
    },
    settled: () => settled(running),
    setClock: async (instant) => {
      clock.set({ now: new Date(instant), running: false });
      await settled(running);
    },
    startReplica: (name) => start(named(options.services, name)),
    stopFirst: (name) => named(running, name).stop(),
    stop,
  };
}

/** Adds a service to those that run, and takes it out when it stops. */
function listIn(running: RunningService[], started: RunningService): RunningService {
  const listed: RunningService = {
    ...started,
    stop: async () => {
      running.splice(running.indexOf(listed), 1);
      await started.stop();
    },
  };
  running.push(listed);
  return listed;
}

async function databaseFor(services: readonly RunnableService[]): Promise<TestDatabase<ServiceName>> {
  const hashes = await Promise.all(services.map((service) => migrationsHash(service.migrations)));
  return createTestDatabase({
    services: services.map((service) => service.name),
    templateKey: hashes.join(),
    migrate: async (urls) => {
      for (const { name, migrations } of services) {
        await migrate({ ownerUrl: urls[name].ownerUrl, schema: name, sources: migrations });
      }
    },
  });
}

const IdleSchema = z.object({ outbox: z.int(), lag: z.int(), due: z.int(), activity: z.int() });
const settledDeadlineMs = 30_000;

async function settled(running: readonly RunningService[]): Promise<void> {
  let before = '';
  let last = '';
  await until(
    'the services have nothing under way',
    async () => {
      const reports = await Promise.all(running.map(idleReportOf));
      last = JSON.stringify(reports);
      const quiet = reports.every((report) => report.outbox + report.lag + report.due === 0) && last === before;
      before = last;
      return quiet ? true : null;
    },
    { deadlineMs: settledDeadlineMs, everyMs: 10 },
  ).catch((error: unknown) => {
    throw new Error(`never settled: ${last}`, { cause: error });
  });
}

async function idleReportOf({ adminUrl }: RunningService): Promise<z.infer<typeof IdleSchema>> {
  const answer = await fetch(`${adminUrl}/idle`);
  if (!answer.ok) throw new Error(`${adminUrl}/idle answered ${answer.status}: ${await answer.text()}`);
  return IdleSchema.parse(await answer.json());
}

function named<Item extends { readonly name: string }>(items: readonly Item[], name: string): Item {
  const item = items.find((candidate) => candidate.name === name);
  if (item === undefined) throw new Error(`${name} was not given to the harness`);
  return item;
}

function found<Value>(record: Readonly<Record<string, Value>>, name: string): Value {
  const value = record[name];
  if (value === undefined) throw new Error(`${name} was not given to the harness`);
  return value;
}
