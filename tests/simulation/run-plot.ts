import { firstInstantOf } from '@wewrite/contracts';
import { type Census, type Counts, newCensus } from './census.ts';
import { differenceFromDeeds } from './compare.ts';
import { countStates } from './count-states.ts';
import type { Deed } from './deed.ts';
import type { FaultChoice, FaultCounts } from './faults.ts';
import { play } from './population/play.ts';
import type { Plot } from './population/plot.ts';
import { BrokenPromise, promised } from './population/promise.ts';
import { admin, openScene, type Scene } from './population/scene.ts';
import type { AskAsAdmin } from './read-books.ts';
import { expectSafe } from './safety.ts';
import { startWorld, type World } from './world.ts';

/** What a run has found. `broken`: something that must never be was seen; `stuck`: it went on without end, or failed. */
export interface Failure {
  readonly kind: 'broken' | 'stuck';
  readonly sentence: string;
}

/** A run that is over. */
export interface Run {
  readonly plot: Plot;
  readonly deeds: readonly Deed[];
  readonly faults: FaultCounts;
  readonly counts: Counts;
  readonly failure: Failure | null;
  /** Of everything that happened, step by step: the same plot and faults give the same. */
  readonly hash: string;
  readonly steps: number;
}

/**
 * Plays a plot in a world of its own, with the faults; then nothing fails any more, everything settles, and the books are held
 * against what the deeds come to.
 */
export async function runPlot(plot: Plot, faults: FaultChoice): Promise<Run> {
  const { seed, escrow, months, town } = plot;
  const world = await startWorld({ seed, now: firstInstantOf(months[0]).toISOString(), faults, escrow });
  try {
    const census = newCensus();
    const scene = openScene(world, town, census);
    const failure = await playToTheEnd(world, scene, plot);
    await takeCensus(world, census);
    const { log } = world;
    const { deeds } = scene;
    return {
      ...{ plot, deeds, failure, counts: census.counts(), faults: { ...world.faults } },
      ...{ hash: log.hash(), steps: log.lines.length },
    };
  } finally {
    await world.stop();
  }
}

async function playToTheEnd(world: World, scene: Scene, plot: Plot): Promise<Failure | null> {
  try {
    await play(scene, plot, () => expectSafe(world));
    await world.heal();
    await world.settle();
    await expectSafe(world);
    await expectBooksOf(world, scene, plot);
    return null;
  } catch (error) {
    if (error instanceof BrokenPromise) return { kind: 'broken', sentence: error.message };
    return { kind: 'stuck', sentence: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

/** Every cent of every line, supporter, writer, payout and account is where the deeds put it. */
async function expectBooksOf(world: World, { deeds }: Scene, { escrow }: Plot): Promise<void> {
  const until = world.now().toISOString();
  const difference = await differenceFromDeeds({ escrow, deeds }, until, askAsAdminOf(world));
  promised(difference === null, difference ?? '');
}

function askAsAdminOf(world: World): AskAsAdmin {
  return async (path) => {
    const { status, body } = await world.ask({ as: admin, method: 'GET', path });
    if (status === 404) return null;
    promised(status === 200, `GET ${path} was answered ${status} when everything was well again.`);
    return body;
  };
}

async function takeCensus(world: World, census: Census): Promise<void> {
  for (const [kind, times] of Object.entries(world.faults)) census.count('fault', kind, times);
  for (const [type, times] of world.webhooks) census.count('event', type, times);
  for (const [topic, times] of world.messages) census.count('message', topic, times);
  await countStates(world, census);
}
