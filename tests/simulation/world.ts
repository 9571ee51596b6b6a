import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';
import { type SteeredClock, steeredClock } from '@wewrite/service-kit';
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
import { keysOfRun, type WorldDatabase, worldDatabase } from './world-database.ts';

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
  readonly database: WorldDatabase['open'];
  stop(): Promise<void>;
}

/** What a world stands on. */
interface Ground {
  readonly options: WorldOptions;
  readonly clock: SteeredClock;
  readonly time: SimulatedTime;
  readonly faults: Faults;
  readonly bus: SimulatedBus;
  readonly loops: DrivenLoops;
  /** What chance decides about one of its parts, whatever it decides about others. */
  readonly chanceFor: (part: string) => Chance;
}

/** What runs on it. */
interface Parts {
  readonly sandbox: RunningSandbox;
  readonly instances: Instances;
  readonly scheduler: Scheduler;
  readonly webhooks: ReadonlyMap<string, number>;
  readonly database: World['database'];
}

/** Starts a world in which nobody is yet, and nothing goes wrong before it stands. Stop it, whatever happens. */
export async function startWorld(options: WorldOptions): Promise<World> {
  const ends = new AsyncDisposableStack();
  ends.defer(seedMathRandom(options.seed, 'start'));
  const chanceFor = (part: string) => chanceOf(options.seed, `world ${part}`);
  const time = simulatedTime(Date.parse(options.now));
  const faults = faultsOf(options.seed, options.faults ?? anyFaults);
  const bus = simulatedBus({ time, faults, chance: chanceFor('bus') });
  const clock = steeredClock({ now: new Date(options.now), running: false });
  const ground: Ground = { options, clock, time, faults, bus, loops: drivenLoops(time), chanceFor };
  const stop = () => faults.sparing(() => ends.disposeAsync());
  try {
    const parts = await faults.sparing(() => startParts(ground, ends));
    // Modules that were loaded for the first world of a process have drawn, too: from here on each world draws alike.
    ends.defer(seedMathRandom(options.seed, 'life'));
    return await worldOf(ground, parts, stop);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function startParts(ground: Ground, ends: AsyncDisposableStack): Promise<Parts> {
  const { options, clock, time, faults, bus, loops, chanceFor } = ground;
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-world-'));
  ends.defer(() => rm(directory, { recursive: true, force: true }));
  const worldsDatabase = await worldDatabase();
  ends.defer(worldsDatabase.giveBack);
  let instances: Instances | null = null;
  const sandbox = await startSandbox({
    port: 0,
    databaseFile: ':memory:',
    now: options.now,
    simulated: {
      realMs: time.nowMs,
      drawFault: (call) => faultAtStripe(faults, call, instances?.callerOf(call.authorization) ?? null),
      postWebhook: async (webhook) => instances !== null && postWebhookTo(instances, faults, webhook),
    },
  });
  ends.defer(sandbox.stop);
  const environment = await environmentOf({ sandbox, directory, escrow: options.escrow ?? 'storage' });
  await drawSettings(sandbox, chanceFor('settings'));
  instances = instancesOf({
    environment: (service) => ({ ...environment, DATABASE_URL: worldsDatabase.urls[service] }),
    openPool: worldsDatabase.openPool,
    replicas: replicasDrawnFrom(chanceFor('replicas')),
    ...{ bus, loops, clock, time, faults, ids: idsInOrder(time), chance: chanceFor('instances') },
  });
  ends.defer(instances.stopAll);
  await instances.startAll();
  const webhooks = new Map<string, number>();
  const delivery = simulatedWebhooks({
    ...{ webhooks: sandbox.webhooks, time, faults, chance: chanceFor('webhooks') },
    onDelivered: (type) => void webhooks.set(type, (webhooks.get(type) ?? 0) + 1),
  });
  const scheduler = schedulerOf(options.seed, time, [instances, loops, bus, delivery, dueWorkAtStripe(sandbox)]);
  return { sandbox, instances, scheduler, webhooks, database: worldsDatabase.open };
}

async function worldOf(ground: Ground, parts: Parts, stop: () => Promise<void>): Promise<World> {
  const { clock, faults, bus } = ground;
  const { sandbox, instances, scheduler, webhooks, database } = parts;
  return {
    log: scheduler.log,
    faults: faults.counts,
    messages: bus.counts,
    ...{ webhooks, database, stop },
    sandboxUrl: sandbox.url,
    stripe: sandboxClient(sandbox.url, sandboxSecretKey),
    ask: await askerOf(instances, scheduler),
    orderAtStripe: (path, body) => atSandbox(parts, path, { method: 'POST', body: JSON.stringify(body) }),
    heldAtStripe: async (kind) => sandbox.held(kind),
    now: () => clock.now(),
    moveClock: (to) => moveClock(ground, parts, to),
    step: scheduler.step,
    settle: scheduler.settle,
    heal: async () => {
      faults.heal();
      bus.heal();
      await instances.replaceDead();
    },
  };
}

/**
 * What Stripe leaves open: lists of v2 may lag behind what was made, by a look or by some time, and what becomes of a renewal
 * after the last try to collect it.
 */
async function drawSettings(sandbox: RunningSandbox, chance: Chance): Promise<void> {
  const settings = {
    listLagCalls: chance.between(0, 1),
    listLagMs: chance.pick([0, 0, 1_000, 60_000]),
    dunningEnd: chance.pick(['leave_open', 'mark_uncollectible', 'cancel_subscription']),
  };
  const order = { method: 'POST', headers: json, body: JSON.stringify(settings) };
  await httpCall(new URL('/_sandbox/settings', sandbox.url), order);
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

async function moveClock({ clock, time, loops }: Ground, parts: Parts, to: Date): Promise<void> {
  parts.scheduler.note(`the clock moves to ${to.toISOString()}`);
  const passedMs = to.getTime() - clock.now().getTime();
  await atSandbox(parts, '/clock', { method: 'PUT', body: JSON.stringify({ now: to.toISOString() }) });
  time.passTo(time.nowMs() + passedMs);
  clock.set({ now: to, running: false });
  await loops.clockMoved();
}

const json = { 'content-type': 'application/json' } as const;

async function atSandbox(
  { sandbox, scheduler }: Parts,
  path: string,
  request: { method: string; body: string },
): Promise<unknown> {
  const { status, text } = await httpCall(new URL(path, sandbox.url), { ...request, headers: json });
  scheduler.note(`${request.method} ${path} at the sandbox: ${status}`);
  if (status !== 200) throw new Error(`${path} at the sandbox: ${text}`);
  return JSON.parse(text);
}
