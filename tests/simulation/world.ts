import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServiceName } from '@wewrite/contracts';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';
import { type Database, openDatabase, steeredClock } from '@wewrite/service-kit';
import { sandboxSecretKey } from '../../apps/cli/src/stack/sandbox-part.ts';
import { storageAccount } from '../../apps/cli/src/stack/storage-account.ts';
import { sandboxClient, webhookEndpoints } from '../../apps/cli/src/stack/webhook-endpoints.ts';
import { type DrivenLoops, drivenLoops } from './driven-loops.ts';
import { anyFaults, type FaultChoice, type FaultCounts, type Faults, faultsOf } from './faults.ts';
import { httpCall } from './http-call.ts';
import { type Instances, instancesOf } from './instances.ts';
import { type Chance, chanceOf } from './population/chance.ts';
import type { Stage } from './population/stage.ts';
import { askerOf, postWebhookTo } from './requests.ts';
import { type Scheduler, type StepLog, schedulerOf } from './scheduler.ts';
import { seedMathRandom } from './seed-math-random.ts';
import { type SimulatedBus, simulatedBus } from './simulated-bus.ts';
import { idsInOrder } from './simulated-ids.ts';
import { type SimulatedTime, simulatedTime } from './simulated-time.ts';
import { dueWorkAtStripe, simulatedWebhooks } from './simulated-webhooks.ts';
import { faultAtStripe } from './stripe-faults.ts';
import { keysOfRun, worldDatabase } from './world-database.ts';

/** What differs from one world to the next. */
export interface WorldOptions {
  /** Everything that chance decides follows from it. */
  readonly seed: number;
  /** The business instant at which it begins. */
  readonly now: string;
  /** All kinds, unless told otherwise. */
  readonly faults?: FaultChoice;
  /** `storage` unless told otherwise. */
  readonly escrow?: 'storage' | 'connect';
}

/** The real services on a simulated bus, clock, network and Stripe, driven step by step from a seed. */
export interface World extends Stage {
  /** All that has happened, in order. */
  readonly log: StepLog;
  /** How many faults of each kind have happened. */
  readonly faults: FaultCounts;
  /** How many events of each of Stripe's types were delivered. */
  readonly webhooks: ReadonlyMap<string, number>;
  /** How many records of each topic were sent. */
  readonly messages: ReadonlyMap<string, number>;
  readonly sandboxUrl: string;
  /** A service's schema, to look at its books. */
  database<Schema>(service: ServiceName): Database<Schema>;
  stop(): Promise<void>;
}

interface Parts {
  readonly options: WorldOptions;
  readonly time: SimulatedTime;
  readonly faults: Faults;
  readonly bus: SimulatedBus;
  readonly loops: DrivenLoops;
  readonly draw: (name: string) => Chance;
}

/** Starts a world in which nobody is yet, and nothing goes wrong before it stands. Stop it, whatever happens. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const { seed } = options;
  const restoreChance = seedMathRandom(seed);
  const draw = (name: string) => chanceOf(seed, `world ${name}`);
  const time = simulatedTime(Date.parse(options.now));
  const faults = faultsOf(seed, options.faults ?? anyFaults);
  const bus = simulatedBus({ time, faults, chance: draw('bus') });
  const parts: Parts = { options, time, faults, bus, loops: drivenLoops(time), draw };
  const built = await faults.sparing(() => buildWorld(parts));
  return {
    ...built.world,
    stop: async () => {
      try {
        await faults.sparing(built.stop);
      } finally {
        restoreChance();
      }
    },
  };
}

async function buildWorld(parts: Parts): Promise<{ world: Omit<World, 'stop'>; stop: () => Promise<void> }> {
  const { options, time, faults, bus, loops, draw } = parts;
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-world-'));
  const { urls, drop } = await worldDatabase();
  const clock = steeredClock({ now: new Date(options.now), running: false });
  const webhooks = new Map<string, number>();
  let instances: Instances | null = null;
  const sandbox = await startSandbox({
    port: 0,
    databaseFile: ':memory:',
    now: options.now,
    simulated: {
      realMs: time.nowMs,
      drawFault: ({ authorization }) => faultAtStripe(faults, instances?.callerOf(authorization) ?? null),
      postWebhook: (webhook) =>
        instances === null ? Promise.resolve(false) : postWebhookTo(instances, faults, webhook),
    },
  });
  const stripe = sandboxClient(sandbox.url, sandboxSecretKey);
  const environment = await environmentOf({ sandbox, directory, escrow: options.escrow ?? 'storage' });
  instances = instancesOf({
    environment: (service) => ({ ...environment, DATABASE_URL: urls[service].appUrl }),
    replicas: replicasDrawnFrom(draw('replicas')),
    ...{ bus, loops, clock, time, faults, ids: idsInOrder(time), chance: draw('instances') },
  });
  const running = instances;
  await running.startAll();
  const delivery = simulatedWebhooks({
    ...{ webhooks: sandbox.webhooks, time, faults, chance: draw('webhooks') },
    onDelivered: (type) => void webhooks.set(type, (webhooks.get(type) ?? 0) + 1),
  });
  const scheduler = schedulerOf(options.seed, time, [running, loops, bus, delivery, dueWorkAtStripe(sandbox)]);
  const databases = new Map<ServiceName, Database<never>>();
  return {
    world: {
      log: scheduler.log,
      faults: faults.counts,
      webhooks,
      messages: bus.counts,
      sandboxUrl: sandbox.url,
      stripe,
      ask: await askerOf(running, scheduler),
      orderAtStripe: (path, body) =>
        atSandbox(sandbox, scheduler, path, { method: 'POST', body: JSON.stringify(body) }),
      heldAtStripe: async (kind) => sandbox.held(kind),
      now: () => clock.now(),
      moveClock: (to) => moveClock({ sandbox, scheduler, time, clock }, to),
      step: scheduler.step,
      settle: scheduler.settle,
      heal: async () => {
        faults.heal();
        bus.heal();
        await running.replaceDead();
      },
      database: <Schema>(name: ServiceName) => {
        const known =
          databases.get(name) ?? openDatabase<never>({ url: urls[name].appUrl, name: 'world', maxConnections: 2 });
        databases.set(name, known);
        // The tables' types are the caller's to know; the connection is the same.
        return known as unknown as Database<Schema>;
      },
    },
    stop: async () => {
      await running.stopAll();
      for (const database of databases.values()) await database.close();
      await sandbox.stop();
      await drop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** What every instance reads, but where its own schema is. */
async function environmentOf(parts: { sandbox: RunningSandbox; directory: string; escrow: 'storage' | 'connect' }) {
  const { sandbox, directory, escrow } = parts;
  const stripe = sandboxClient(sandbox.url, sandboxSecretKey);
  const secrets = await webhookEndpoints(stripe, 'http://billing.simulated', join(directory, 'webhooks.json'));
  return {
    NODE_ENV: 'test',
    PORT: '0',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'silent',
    KAFKA_BROKERS: 'simulated',
    JWKS_FILE: (await keysOfRun()).jwksFile,
    STRIPE_API_URL: sandbox.url,
    // The SDK would wait in real time between two tries: whoever calls tries again, in simulated time.
    STRIPE_NETWORK_RETRIES: '0',
    STRIPE_REQUESTS_PER_SECOND: '0',
    STRIPE_WEBHOOK_SECRET: secrets.platform,
    STRIPE_CONNECT_WEBHOOK_SECRET: secrets.connect,
    STRIPE_V2_WEBHOOK_SECRET: secrets.thin,
    STRIPE_FINANCIAL_ACCOUNT_ID: await storageAccount(stripe, sandbox.url, join(directory, 'storage.json')),
    ESCROW: escrow,
    // Closes are started by whoever plays the operator.
    CLOSE_CRON: '0 0 31 2 *',
    LINE_KEY_SECRET: 'the-same-in-every-world-of-every-seed',
  };
}

/** Most services run once: what another replica does differently is seen in the worlds where one has two. */
function replicasDrawnFrom(chance: Chance): () => number {
  return () => (chance.percent(20) ? 2 : 1);
}

async function moveClock(
  parts: { sandbox: RunningSandbox; scheduler: Scheduler; time: SimulatedTime; clock: ReturnType<typeof steeredClock> },
  to: Date,
): Promise<void> {
  const { sandbox, scheduler, time, clock } = parts;
  scheduler.note(`the clock moves to ${to.toISOString()}`);
  const passedMs = to.getTime() - clock.now().getTime();
  await atSandbox(sandbox, scheduler, '/clock', { method: 'PUT', body: JSON.stringify({ now: to.toISOString() }) });
  time.passTo(time.nowMs() + passedMs);
  clock.set({ now: to, running: false });
}

async function atSandbox(
  sandbox: RunningSandbox,
  scheduler: Scheduler,
  path: string,
  request: { method: string; body: string },
): Promise<unknown> {
  const headers = { 'content-type': 'application/json' };
  const { status, text } = await httpCall(new URL(path, sandbox.url), { ...request, headers });
  scheduler.note(`${request.method} ${path} at the sandbox: ${status}`);
  if (status !== 200) throw new Error(`${path} at the sandbox: ${text}`);
  return JSON.parse(text);
}
