import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { z } from 'zod';
import { newCensus } from './census.ts';
import { unseenIn } from './expected.ts';
import { anyFaults } from './faults.ts';
import { plotOf } from './population/plot.ts';
import { runPlot } from './run-plot.ts';
import { shrink } from './shrink.ts';
import { type SeedResult, SeedResultSchema, simulateSeeds, usualJobs } from './simulate-seeds.ts';
import { storyOf } from './story.ts';

// `npm run simulate -- --seeds 200 --from 1 [--jobs 2] [--resume FILE] [--shrink RUNS]`: runs seeds, tells of each failure the
// shortest story that has it, and counts what happened. FILE keeps what is done, so that a long run can be gone on with.

const say = (text: string) => void process.stdout.write(`${text}\n`);

const OptionsSchema = z.object({
  seeds: z.coerce.number().int().min(1).default(20),
  from: z.coerce.number().int().min(0).default(1),
  jobs: z.coerce.number().int().min(1).default(usualJobs),
  resume: z.string().optional(),
  shrink: z.coerce.number().int().min(0).default(60),
});
const text = { type: 'string' } as const;
const { values } = parseArgs({ options: { seeds: text, from: text, jobs: text, resume: text, shrink: text } });
const options = OptionsSchema.parse(values);

const seeds = Array.from({ length: options.seeds }, (_, index) => options.from + index);
const before = readResults(options.resume);
const isDone = new Set(before.map(({ seed }) => seed));
const results: SeedResult[] = before.filter(({ seed }) => seeds.includes(seed));

await simulateSeeds(
  seeds.filter((seed) => !isDone.has(seed)),
  options.jobs,
  (result) => {
    results.push(result);
    if (options.resume !== undefined) appendFileSync(options.resume, `${JSON.stringify(result)}\n`);
    say(`${results.length}/${seeds.length} seed ${result.seed}: ${result.failure?.sentence ?? 'well'}`);
  },
);

const census = newCensus();
for (const { counts } of results) census.add(counts);
for (const [name, times] of Object.entries(census.counts())) say(`${String(times).padStart(9)} ${name}`);
const unseen = unseenIn(census.counts());
if (unseen.length > 0) say(`Not seen: ${unseen.join(', ')}`);

const failed = results.filter(({ failure }) => failure !== null).map(({ seed }) => seed);
say(`${results.length} seeds, ${failed.length} of them failed${failed.length === 0 ? '.' : `: ${failed.join(', ')}.`}`);
const [first] = failed;
if (first !== undefined) {
  process.exitCode = 1;
  await tellShortest(first, options.shrink);
}

/** Leaves out of a failing seed what its failure can do without, and tells the rest. */
async function tellShortest(seed: number, mostRuns: number): Promise<void> {
  const { failure } = await runPlot(plotOf(seed), anyFaults);
  if (failure === null) return say(`Seed ${seed} does not fail here.`);
  const smallest = await shrink(
    { plot: plotOf(seed), faults: anyFaults },
    async ({ plot, faults }) => (await runPlot(plot, faults)).failure?.kind === failure.kind,
    mostRuns,
  );
  say(storyOf(await runPlot(smallest.plot, smallest.faults)));
}

function readResults(file: string | undefined): SeedResult[] {
  if (file === undefined || !existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => SeedResultSchema.parse(JSON.parse(line)));
}
