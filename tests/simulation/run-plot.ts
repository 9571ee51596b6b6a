import { firstInstantOf } from '@wewrite/contracts';
import { type Census, newCensus } from './census.ts';
import { differenceFromDeeds } from './compare.ts';
import { countStates } from './count-states.ts';
import type { FaultChoice } from './faults.ts';
import { chanceOf } from './population/chance.ts';
import { play } from './population/play.ts';
import type { Plot } from './population/plot.ts';
import { BrokenPromise, promised } from './population/promise.ts';
import { admin, openScene, type Scene } from './population/scene.ts';
import { type AskAsAdmin, readBalances, readMonths } from './read-books.ts';
import { nothingExplained, readExplained } from './read-explained.ts';
import { readStanding } from './read-standing.ts';
import type { Failure, Run } from './run.ts';
import { expectSafe } from './safety.ts';
import { startWorld, type World } from './world.ts';

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
    const seen = { deeds: 0 };
    await play(scene, plot, {
      safety: () => expectSafe(world),
      books: () => expectBooks(world, scene, plot, standingBooks(world, scene, seen)),
    });
    await world.heal();
    await world.settle();
    await expectSafe(world);
    await expectBooks(world, scene, plot, allBooks(world, plot));
    return null;
  } catch (error) {
    if (error instanceof BrokenPromise) return { kind: 'broken', sentence: error.message };
    return { kind: 'stuck', sentence: Error.isError(error) ? (error.stack ?? error.message) : String(error) };
  }
}

type ReadBooks = Parameters<typeof differenceFromDeeds>[2];

/** Every cent is where the deeds put it, and every answer was one that they allow. */
async function expectBooks(world: World, { deeds }: Scene, { escrow }: Plot, read: ReadBooks): Promise<void> {
  const until = world.now().toISOString();
  const difference = await differenceFromDeeds({ escrow, deeds }, until, read);
  promised(difference === null, `Looked at on ${until}: ${difference}`);
}

/** What stands at a quiet moment, and the months that were settled since the last one. */
function standingBooks(world: World, { deeds }: Scene, seen: { deeds: number }): ReadBooks {
  return async () => {
    const settled = deeds.slice(seen.deeds).flatMap((deed) => (deed.kind === 'month_settled' ? [deed.month] : []));
    seen.deeds = deeds.length;
    const months = await readMonths(askAsAdminOf(world), settled);
    return { ...(await readStanding(world)), months, explained: nothingExplained, isSwept: false };
  };
}

/** Every line, supporter, writer, payout and account; and what is explained of a few of them. */
function allBooks(world: World, { seed }: Plot): ReadBooks {
  const ask = askAsAdminOf(world);
  return async (reckoning) => {
    const months = await readMonths(ask, reckoning.closed.keys());
    const explained = await readExplained(ask, reckoning, { months, chance: chanceOf(seed, 'explained') });
    return { ...(await readStanding(world)), ...(await readBalances(ask)), months, explained, isSwept: true };
  };
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
