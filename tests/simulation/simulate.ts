import { Command } from 'commander';
import startTestStack from '../../libs/local-stack/src/testing-setup.ts';
import stopTestStack from '../../libs/local-stack/src/testing-teardown.ts';
import { wholeNumberFrom } from '../../tools/whole-number.ts';
import { newCensus } from './census.ts';
import { heldAgainstEverything } from './expected.ts';
import { anyFaults } from './faults.ts';
import { plotOf } from './population/plot.ts';
import { progressLine } from './progress.ts';
import { openResultsFile } from './results-file.ts';
import { runPlot } from './run-plot.ts';
import { shrink } from './shrink.ts';
import { type SeedResult, simulateSeeds, usualJobs } from './simulate-seeds.ts';
import { storyOf } from './story.ts';

/** How often it is said how far a run is. */
const sayEveryMs = 10_000;

const say = (text: string) => void process.stdout.write(`${text}\n`);

interface Options {
  readonly seeds: number;
  readonly from: number;
  readonly jobs: number;
  readonly resume?: string;
  readonly shrink: number;
}

const options = new Command('npm run simulate --')
  .description('Plays months of drawn towns while everything fails, and tells the shortest story of the first failure')
  .option('--seeds <count>', 'how many towns', wholeNumberFrom(1), 20)
  .option('--from <seed>', 'the first of them', wholeNumberFrom(0), 1)
  .option('--jobs <count>', 'how many are played at a time', wholeNumberFrom(1), usualJobs)
  .option('--resume <file>', 'keeps what is done, to go on with it later; what it has kept before is counted, too')
  .option('--shrink <runs>', 'how often a failure is tried with less, for a shorter story', wholeNumberFrom(0), 60)
  .parse()
  .opts<Options>();

const census = newCensus();
const done = new Set<number>();
const failed: SeedResult[] = [];
const take = (result: SeedResult) => {
  done.add(result.seed);
  census.add(result.counts);
  if (result.failure !== null) failed.push(result);
};

await startTestStack();
try {
  await runSeeds();
  await sayCensus();
  await sayFailures();
} finally {
  await stopTestStack();
}

/** Runs those of the seeds that the file does not keep, and says from time to time how far that is. */
async function runSeeds(): Promise<void> {
  const keep = options.resume === undefined ? () => undefined : await openResultsFile(options.resume, take);
  const wanted = Array.from({ length: options.seeds }, (_, index) => options.from + index);
  const seeds = wanted.filter((seed) => !done.has(seed));
  const total = done.size + seeds.length;
  const startedMs = Date.now();
  let played = 0;
  let saidMs = startedMs;
  await simulateSeeds(seeds, {
    jobs: options.jobs,
    onResult: (result) => {
      take(result);
      keep(result);
      played += 1;
      if (result.failure !== null) say(`seed ${result.seed}: ${result.failure.sentence}`);
      const nowMs = Date.now();
      if (nowMs - saidMs < sayEveryMs && done.size < total) return;
      saidMs = nowMs;
      const progress = { done: done.size, failed: failed.length, total, played, elapsedMs: nowMs - startedMs, nowMs };
      say(progressLine(progress));
    },
  });
}

async function sayCensus(): Promise<void> {
  const counts = census.counts();
  for (const [name, times] of Object.entries(counts)) say(`${String(times).padStart(9)} ${name}`);
  const { unseen, seenAgainstReason } = await heldAgainstEverything(counts);
  if (unseen.length > 0) say(`Not seen: ${unseen.join(', ')}`);
  if (seenAgainstReason.length > 0) say(`Seen, though there is a reason why not: ${seenAgainstReason.join(', ')}`);
}

async function sayFailures(): Promise<void> {
  for (const { seed, failure } of failed) say(`seed ${seed}: ${failure?.sentence}`);
  say(`${done.size} seeds, ${failed.length} of them failed.`);
  if (failed.length > 0) process.exitCode = 1;
  // One that never ended would not end here either.
  const first = failed.find(({ hash }) => hash !== null);
  if (first !== undefined) await sayShortest(first.seed);
}

/** Leaves out of a failing seed what its failure can do without, and tells the rest. */
async function sayShortest(seed: number): Promise<void> {
  const { failure } = await runPlot(plotOf(seed), anyFaults);
  if (failure === null) return say(`Seed ${seed} does not fail here.`);
  const smallest = await shrink(
    { plot: plotOf(seed), faults: anyFaults },
    async ({ plot, faults }) => (await runPlot(plot, faults)).failure?.kind === failure.kind,
    options.shrink,
  );
  say(storyOf(await runPlot(smallest.plot, smallest.faults)));
}
