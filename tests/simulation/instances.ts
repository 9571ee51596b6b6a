import { type ServiceName, serviceNames } from '@wewrite/contracts';
import { type Ids, type OpenPool, oneByOne, type RunningService, type SteeredClock } from '@wewrite/service-kit';
import { services } from '../../apps/cli/src/stack/services.ts';
import type { DrivenLoops } from './driven-loops.ts';
import type { Faults } from './faults.ts';
import { dyingAtCommits, type Life, lifeOf } from './life.ts';
import type { Chance } from './population/chance.ts';
import type { Source } from './scheduler.ts';
import type { SimulatedBus } from './simulated-bus.ts';
import type { SimulatedTime } from './simulated-time.ts';

/** A service that runs, until it dies. */
export interface Instance {
  readonly service: ServiceName;
  readonly life: Life;
  readonly running: RunningService;
}

/** All instances of a world. As a source of steps it puts another in the place of each that is dead. */
export interface Instances extends Source {
  /** Starts the replicas of each service. */
  startAll(): Promise<void>;
  /** One of those that live, drawn; null when all of them are dead. */
  living(service: ServiceName): Instance | null;
  /** The life of the instance that calls Stripe with this key; null when it is somebody else's key. */
  callerOf(authorization: string | undefined): Life | null;
  /** Puts another in the place of each that is dead, at once. */
  replaceDead(): Promise<void>;
  stopAll(): Promise<void>;
}

/** What instances are made with. */
export interface InstanceParts {
  readonly environment: (service: ServiceName) => Readonly<Record<string, string>>;
  readonly replicas: (service: ServiceName) => number;
  readonly openPool: OpenPool;
  readonly bus: SimulatedBus;
  readonly loops: DrivenLoops;
  readonly clock: SteeredClock;
  readonly time: SimulatedTime;
  readonly ids: Ids;
  readonly faults: Faults;
  readonly chance: Chance;
}

export function instancesOf(parts: InstanceParts): Instances {
  const instances = new Set<Instance>();
  const started = new Map<ServiceName, number>();

  const start = async (service: ServiceName) => {
    const number = (started.get(service) ?? 0) + 1;
    started.set(service, number);
    const instance = await startInstance(parts, service, number);
    instances.add(instance);
    return instance;
  };
  const dead = () => [...instances].filter(({ life }) => life.isOver());
  const replace = (instance: Instance) =>
    parts.faults.sparing(async () => {
      instances.delete(instance);
      await instance.running.stop();
      return (await start(instance.service)).life.name;
    });
  return {
    startAll: async () => {
      for (const service of serviceNames) for (let n = parts.replicas(service); n > 0; n--) await start(service);
    },
    living: (service) => {
      const living = [...instances].filter((instance) => instance.service === service && !instance.life.isOver());
      return living.length === 0 ? null : parts.chance.pick(living);
    },
    callerOf: (authorization) =>
      [...instances].find(({ life }) => authorization === `Bearer ${secretKeyOf(life.name)}`)?.life ?? null,
    replaceDead: async () => {
      for (const instance of dead()) await replace(instance);
    },
    stopAll: async () => {
      for (const { running } of instances) await running.stop();
    },
    steps: () =>
      dead().map((instance) => ({
        name: `in place of ${instance.life.name}`,
        run: () => replace(instance),
      })),
    nextMs: () => null,
    outstanding: async () => [],
  };
}

async function startInstance(parts: InstanceParts, service: ServiceName, number: number): Promise<Instance> {
  const { openPool, bus, loops, clock, time, ids, faults } = parts;
  const life = lifeOf(`${service}.${number}`, faults);
  const running = await services[service].run({
    environment: { ...parts.environment(service), STRIPE_SECRET_KEY: secretKeyOf(life.name) },
    openBroker: () => bus.brokerFor(life),
    clock,
    time,
    ids,
    inParallel: oneByOne,
    drive: loops.driverFor(service, life),
    openPool,
    aroundStatement: dyingAtCommits(life, loops.watcherOf(service)),
  });
  return { service, life, running };
}

/** Each instance has a key of its own, so that Stripe's stand-in knows who calls. */
function secretKeyOf(name: string): string {
  return `sk_test_${name.replace('.', '_')}`;
}
