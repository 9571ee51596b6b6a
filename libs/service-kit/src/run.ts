import type { ServiceName } from '@wewrite/contracts';
import { createAdminServer } from './admin.ts';
import { isSteered, type SteeredClock } from './clock.ts';
import { type KitConfig, parseEnvironment } from './config.ts';
import { type Database, openDatabase } from './database.ts';
import { tokenVerifier } from './http/identity.ts';
import { createServer, listen } from './http/server.ts';
import { type Ids, randomIds } from './ids.ts';
import { type InParallel, inParallel } from './in-parallel.ts';
import { createInbox, type Hearing, type Inbox } from './inbox.ts';
import type { Broker, Consumer } from './kafka/broker.ts';
import { createLog, type Log } from './log.ts';
import { type Driver, errorText, type Loop, type RunningLoop, runLoop } from './loop.ts';
import { createMetrics, type MessagingReport } from './metrics.ts';
import { kitMigrations } from './migrate.ts';
import { withOperator } from './obey-operator.ts';
import { createOutbox } from './outbox.ts';
import { parkedCount } from './park.ts';
import type { OpenPool } from './pool.ts';
import { readinessOf, whenMigrated } from './readiness.ts';
import { createRelay, type Relay } from './relay.ts';
import { retentionSchedule } from './retention.ts';
import { scheduleLoop } from './schedule.ts';
import type { RunningService, ServiceContext, ServiceDefinition, ServiceParts } from './service.ts';
import type { AroundStatement } from './statement.ts';
import { followClock, openClock } from './steering.ts';
import { backoffMs, realTime, type TechnicalTime } from './technical-time.ts';
import { createTelemetry } from './telemetry.ts';

/** What comes from outside a service: the broker that it shares, and ports that a simulation replaces. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly openBroker: (config: KitConfig, service: string) => Broker;
  /** A clock that the process's owner steers, instead of the configured one. */
  readonly clock?: SteeredClock;
  readonly time?: TechnicalTime;
  readonly ids?: Ids;
  /** How calls that do not depend on each other are made; by default as many at a time as their step allows. */
  readonly inParallel?: InParallel;
  /** Who chooses when a piece of background work is done; by default each loop runs by itself. */
  readonly drive?: Driver;
  /** What every statement of the service passes through on its way to Postgres. */
  readonly aroundStatement?: AroundStatement;
  /** Where its connections come from; by default it has its own. */
  readonly openPool?: OpenPool;
}

const batchRecords = 500;

/**
 * Runs a service: waits for its migrations, then relays, consumes, loops and answers; resolves when all of that is under
 * way. Throws a ConfigError when the environment is wrong.
 */
export async function runService<Config extends KitConfig, Schema>(
  definition: ServiceDefinition<Config, Schema>,
  surroundings: Surroundings,
): Promise<RunningService> {
  const config = parseEnvironment(definition.environment, surroundings.environment);
  const { name } = definition;
  const loops = new Map<string, RunningLoop>();
  const context = await openContext(definition, config, { ...surroundings, loops });
  const { database, clock, time, log, telemetry } = context;
  const parts = definition.create(context);
  const sources = [kitMigrations, ...definition.migrations];
  await whenMigrated({ database, sources, time, log });
  await parts.beforeStart?.();

  const broker = surroundings.openBroker(config, name);
  const messaging = startMessaging(context, parts, broker, { service: name, drive: surroundings.drive });
  const allLoops = loopsOf(parts, context);
  const drive = surroundings.drive ?? ((loop: Loop) => runLoop(loop, { time, log }));
  for (const loop of allLoops) loops.set(loop.name, drive(loop));
  const idle = () => idleReport({ ...messaging, broker, allLoops, loops });
  const metrics = createMetrics({ service: name, idle, messaging: () => messagingReport(context, messaging.relay) });
  const server = await createServer({
    service: name,
    version: definition.version,
    verifyToken: await tokenVerifier(config),
    telemetry,
    log,
    metrics,
    answers: { database: database as Database<unknown>, time },
    routes: parts.routes,
  });
  const url = await listen(server, config.HOST, config.PORT);
  const admin = createAdminServer({
    clock,
    log,
    notReady: readinessOf({ database, broker, sources, hasJoined: messaging.hasJoined }),
    idle,
    metrics,
  });
  const adminUrl = await listen(admin, config.HOST, config.ADMIN_PORT);
  // Whoever drives the loops knows by itself when the clock has moved.
  if (isSteered(clock) && surroundings.drive === undefined) wakeOnChange(clock, loops);
  if (isSteered(clock) && config.CLOCK_URL !== undefined) await followClock(clock, config.CLOCK_URL, adminUrl);
  // Last, since a group that has lost a member lets nobody in for seconds, and clients need not wait for that.
  await messaging.join();

  return {
    name,
    url,
    adminUrl,
    crashed: messaging.crashed,
    stop: async () => {
      await server.close();
      await messaging.leave();
      await Promise.all([...loops.values()].map((loop) => loop.stop()));
      await messaging.relay.stop();
      await admin.close();
      await broker.close();
      await telemetry.shutdown();
      await database.close();
    },
  };
}

/** What a service's parts are made with. Opens what it names lazily: nothing is connected to before it is used. */
export async function openContext<Config extends KitConfig, Schema>(
  { name }: ServiceDefinition<Config, Schema>,
  config: Config,
  surroundings: Pick<Surroundings, 'clock' | 'time' | 'ids' | 'inParallel' | 'aroundStatement' | 'openPool'> & {
    loops: ReadonlyMap<string, RunningLoop>;
  },
): Promise<ServiceContext<Config, Schema>> {
  const clock = surroundings.clock ?? (await openClock(config.CLOCK_URL));
  const ids = surroundings.ids ?? randomIds;
  return {
    config,
    clock,
    ids,
    time: surroundings.time ?? realTime,
    inParallel: surroundings.inParallel ?? inParallel,
    log: createLog({ service: name, level: config.LOG_LEVEL, file: config.LOG_FILE }),
    telemetry: createTelemetry({
      service: name,
      otlpEndpoint: config.OTEL_EXPORTER_OTLP_ENDPOINT,
      file: config.TRACES_FILE,
    }),
    database: openDatabase<Schema>({
      url: config.DATABASE_URL,
      name,
      maxConnections: config.DATABASE_CONNECTIONS,
      around: surroundings.aroundStatement,
      openPool: surroundings.openPool,
    }),
    outbox: createOutbox({ schema: name, clock, ids }),
    wake: (loopName) => surroundings.loops.get(loopName)?.wake(),
  };
}

interface Messaging {
  readonly relay: Relay;
  readonly inbox: Inbox;
  readonly consuming: Consuming;
  /** Joins the group, however long Kafka is away. */
  join(): Promise<void>;
  leave(): Promise<void>;
  hasJoined(): boolean;
  readonly crashed: Promise<Error>;
}

function startMessaging<Schema>(
  context: ServiceContext<KitConfig, Schema>,
  parts: ServiceParts<Schema>,
  broker: Broker,
  { service, drive }: { service: ServiceName; drive: Driver | undefined },
): Messaging {
  const { database, telemetry, time, log, config } = context;
  const topicPrefix = config.TOPIC_PREFIX;
  const relay = createRelay({
    service,
    schema: service,
    database: database as Database<unknown>,
    broker,
    topicPrefix,
    loadBlobs: parts.loadBlobs ?? (async () => new Map()),
    time,
    log,
    drive,
  });
  const parking = { ...context, service };
  const hearings = withOperator({ ...parking, hearings: parts.hearings ?? [] });
  const inbox = createInbox({ hearings, database, telemetry, time, log, topicPrefix, parking });
  const consuming = consumptionOf(hearings, config, service);
  relay.start();
  const crash = Promise.withResolvers<Error>();
  let consumer: Consumer | null = null;
  let hasJoined = false;
  return {
    relay,
    inbox,
    consuming,
    crashed: crash.promise,
    join: async () => {
      consumer = await subscribe({ broker, consuming, inbox, time, log, onCrash: crash.resolve });
      hasJoined = true;
    },
    leave: async () => consumer?.stop(),
    hasJoined: () => hasJoined,
  };
}

interface Consuming {
  readonly groupId: string;
  readonly topics: readonly string[];
}

function consumptionOf<Schema>(hearings: readonly Hearing<Schema>[], config: KitConfig, name: string): Consuming {
  return {
    groupId: `${config.TOPIC_PREFIX}wewrite.${name}`,
    topics: hearings.map((hearing) => `${config.TOPIC_PREFIX}${hearing.topic.name}`),
  };
}

async function subscribe(joining: {
  broker: Broker;
  consuming: Consuming;
  inbox: Inbox;
  time: TechnicalTime;
  log: Log;
  onCrash: (error: Error) => void;
}): Promise<Consumer | null> {
  const { broker, consuming, inbox, time, log, onCrash } = joining;
  if (consuming.topics.length === 0) return null;
  for (let failures = 0; ; failures++) {
    try {
      return await broker.subscribe({ ...consuming, onBatch: inbox.onBatch, maxRecords: batchRecords, onCrash });
    } catch (error) {
      log.warn({ error: errorText(error), failures }, 'the group could not be joined; it is tried again');
      await time.sleep(backoffMs(failures, 200, 5_000));
    }
  }
}

function loopsOf<Schema>(parts: ServiceParts<Schema>, context: ServiceContext<KitConfig, Schema>): Loop[] {
  const { clock, time, log } = context;
  const surroundings = { database: context.database as Database<unknown>, clock, time, log };
  const schedules = [...(parts.schedules ?? []), retentionSchedule(surroundings)];
  return [...(parts.loops ?? []), scheduleLoop({ schedules, ...surroundings })];
}

/** Any loop may wait for an instant, not only the schedules. */
function wakeOnChange(clock: SteeredClock, loops: ReadonlyMap<string, RunningLoop>): void {
  clock.onChange(() => {
    for (const loop of loops.values()) loop.wake();
  });
}

async function messagingReport<Schema>(
  { database, clock }: Pick<ServiceContext<KitConfig, Schema>, 'database' | 'clock'>,
  relay: Relay,
): Promise<MessagingReport> {
  const [parked, oldest] = await Promise.all([parkedCount(database), relay.oldest()]);
  const waitedMs = oldest === null ? 0 : Math.max(0, clock.now().getTime() - oldest.getTime());
  return { parked, oldestOutboxSeconds: waitedMs / 1_000, leads: relay.leads() };
}

async function idleReport(parts: {
  relay: Relay;
  inbox: Inbox;
  broker: Broker;
  consuming: Consuming;
  allLoops: readonly Loop[];
  loops: ReadonlyMap<string, RunningLoop>;
}) {
  const { consuming, broker } = parts;
  const [outbox, lag, ...due] = await Promise.all([
    parts.relay.pending(),
    consuming.topics.length === 0 ? 0 : broker.lag(consuming.groupId, consuming.topics),
    ...parts.allLoops.map((loop) => loop.due()),
  ]);
  const steps = [...parts.loops.values()].reduce((sum, loop) => sum + loop.stepCount(), 0);
  return {
    outbox,
    lag,
    due: due.reduce((sum, count) => sum + count, 0),
    activity: parts.relay.sentCount() + parts.inbox.takenCount() + steps,
  };
}
