import { join } from 'node:path';
import { monthOf, previousMonth } from '@wewrite/contracts';
import { realClock } from '@wewrite/service-kit';
import { closeByServices, type ServicesClose } from './close-by-services.ts';
import { closeAsFloor, type FloorClose } from './floor.ts';
import { differencesBetween, readOutcome } from './outcome.ts';
import { closeRowByRow } from './row-by-row.ts';
import {
  type BenchDatabase,
  benchDirectory,
  createDatabase,
  type KafkaKind,
  type Servers,
  startServers,
} from './servers.ts';
import { migrateServices } from './services.ts';
import { seedWorld, type World } from './world.ts';

/** What is measured, and how often. */
export interface CloseBenchOptions {
  readonly sizes: readonly { readonly supporters: number; readonly rounds: number }[];
  readonly processes: 'one' | 'each';
  readonly kafka: KafkaKind;
  readonly directory?: string;
  readonly say: (sentence: string) => void;
}

/** One round: the same world closed three times, each in a copy of one database. */
export interface CloseRound {
  readonly floor: FloorClose;
  readonly services: ServicesClose;
  /** The seconds that all lines would take. */
  readonly rowByRowSeconds: number;
}

/** All rounds of one size. */
export interface CloseSize {
  readonly supporters: number;
  readonly lines: number;
  readonly rounds: readonly CloseRound[];
}

const secondsAtLeast = 120;

/**
 * Measures the close of the month before this one beside its two peers, interleaved. Throws when the services' books and
 * those of the floor differ by a cent anywhere.
 */
export async function benchClose(options: CloseBenchOptions): Promise<CloseSize[]> {
  const month = previousMonth(monthOf(realClock.now()));
  const servers = await startServers(options.kafka, options.directory);
  try {
    const sizes: CloseSize[] = [];
    for (const { supporters, rounds } of options.sizes) {
      sizes.push(await benchSize(servers, { month, supporters }, rounds, options));
    }
    return sizes;
  } finally {
    await servers.stop();
  }
}

async function benchSize(
  servers: Servers,
  world: World,
  wantedRounds: number,
  options: CloseBenchOptions,
): Promise<CloseSize> {
  const seed = await createDatabase(servers, 'seed');
  const startedAt = performance.now();
  await migrateServices(seed);
  await seedWorld(seed, world);
  options.say(`${world.supporters} supporters are seeded in ${secondsSince(startedAt)} s`);
  const rounds: CloseRound[] = [];
  let lines = 0;
  for (let round = 1; round <= wantedRounds; round++) {
    const measured = await measureRound(servers, world, options, round);
    rounds.push(measured.round);
    lines = measured.lines;
    const { floor, services, rowByRowSeconds } = measured.round;
    options.say(
      `round ${round}: services ${services.seconds.toFixed(1)} s, floor ${floor.seconds.toFixed(1)} s, ` +
        `row by row ${rowByRowSeconds.toFixed(0)} s for all; the books are the same`,
    );
  }
  await seed.drop();
  return { supporters: world.supporters, lines, rounds };
}

async function measureRound(
  servers: Servers,
  world: World,
  options: CloseBenchOptions,
  round: number,
): Promise<{ round: CloseRound; lines: number }> {
  const inCopy = async <Result>(name: string, work: (database: BenchDatabase) => Promise<Result>): Promise<Result> => {
    const database = await createDatabase(servers, name, 'seed');
    try {
      return await work(database);
    } finally {
      await database.drop();
    }
  };
  const byFloor = () =>
    inCopy('floor', async (database) => {
      const measured = await closeAsFloor(servers, database, world);
      return { measured, outcome: await readOutcome(database, world) };
    });
  const byServices = () =>
    inCopy('services', async (database) => {
      const measured = await closeByServices({
        servers,
        database,
        world,
        processes: options.processes,
        topicPrefix: `${world.supporters}-${round}.`,
        directory: join(options.directory ?? benchDirectory, 'services'),
        deadlineSeconds: secondsAtLeast + world.supporters / 500,
      });
      return { measured, outcome: await readOutcome(database, world) };
    });
  const byRows = () => inCopy('rows', (database) => closeRowByRow(database, world));
  // Who comes first changes from round to round, so that nobody always finds the machine as another has left it.
  const isOdd = round % 2 === 1;
  const early = isOdd ? await byFloor() : null;
  const rows = await byRows();
  const services = await byServices();
  const floor = early ?? (await byFloor());
  const differences = differencesBetween(floor.outcome, services.outcome);
  if (differences.length > 0) throw new Error(`the services and the floor differ:\n${differences.join('\n')}`);
  return {
    round: { floor: floor.measured, services: services.measured, rowByRowSeconds: rows.secondsForAll },
    lines: floor.outcome.lines?.rows ?? 0,
  };
}

function secondsSince(startedAt: number): string {
  return ((performance.now() - startedAt) / 1_000).toFixed(1);
}
