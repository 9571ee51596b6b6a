import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Command, Option } from 'commander';
import { wholeNumberFrom } from '../whole-number.ts';
import { catalogue } from './catalogue.ts';
import { copyTree } from './copy-tree.ts';
import { describeMutants, mostSeeds, type TriedMutant } from './describe-mutants.ts';
import type { Mutant } from './mutant.ts';
import { type Outcome, runTestFile } from './run-test-file.ts';
import { type SimulationVerdict, tryBySimulation } from './try-by-simulation.ts';
import { tryMutant, type Verdict } from './try-mutant.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs/mutants.md');
interface Options {
  readonly only: readonly string[];
  readonly jobs: number;
  readonly by: 'tests' | 'simulation';
}

const { only, jobs, by } = new Command('npm run mutants --')
  .description(
    'Puts each small wrong change of the catalogue into a copy of the tree, runs the tests that should notice, and writes what they found to docs/mutants.md; ends with 1 when one has survived or could not be tried',
  )
  .option('--only <names...>', 'those alone whose names contain one of these', [])
  .option('--jobs <count>', 'how many copies are worked in at once, or seeds are played', wholeNumberFrom(1), 1)
  .addOption(
    new Option('--by <whom>', 'asks the tests, or plays seeds until one fails')
      .choices(['tests', 'simulation'])
      .default('tests'),
  )
  .parse()
  .opts<Options>();
const isBySimulation = by === 'simulation';

const wanted = catalogue.filter(({ name }) => only.length === 0 || only.some((part) => name.includes(part)));

/** Works the mutants off, one at a time in each copy. */
async function inCopies(copies: readonly string[], work: (copy: string, mutant: Mutant) => Promise<void>) {
  const left = wanted.values();
  const workIn = async (copy: string) => {
    for (const mutant of left) await work(copy, mutant);
  };
  await Promise.all(copies.map(workIn));
}

const outcomesWithout = new Map<string, Promise<Outcome>>();

/** A test file that has caught something is run once without a mutant: one that fails anyway proves nothing. */
async function tryFairly(copy: string, mutant: Mutant): Promise<Verdict> {
  const verdict = await tryMutant(copy, mutant);
  if (verdict.kind !== 'caught') return verdict;
  const { testFile } = verdict;
  const running = outcomesWithout.get(testFile) ?? runTestFile(copy, testFile);
  outcomesWithout.set(testFile, running);
  const outcome = await running;
  if (outcome.kind === 'passed') return verdict;
  return { kind: 'untried', reason: `${testFile} fails without it: ${JSON.stringify(outcome)}` };
}

async function tryOut(copy: string, mutant: Mutant): Promise<TriedMutant> {
  if (!isBySimulation) return { mutant, verdict: await tryFairly(copy, mutant) };
  return { mutant, bySimulation: await tryBySimulation(copy, mutant, { seeds: mostSeeds, jobs }) };
}

function tell(mutant: Mutant, verdict: Verdict | SimulationVerdict, seconds: number): void {
  const took = `(${seconds.toFixed(1)} s)`;
  if (verdict.kind === 'caught') {
    const by = 'seed' in verdict ? `seed ${verdict.seed}: ${verdict.sentence}` : `${verdict.testFile}: ${verdict.test}`;
    console.log(`caught    ${mutant.name} ${took} by ${by}${'reason' in verdict ? ` [${verdict.reason}]` : ''}`);
  } else if (verdict.kind === 'survived') {
    console.log(`SURVIVED  ${mutant.name} ${took}: ${mutant.rule}, ${mutant.wrong} (${mutant.file})`);
  } else {
    console.log(`UNTRIED   ${mutant.name} ${took}: ${verdict.reason}`);
  }
}

const scratch = realpathSync(mkdtempSync(join(tmpdir(), 'wewrite-mutants-')));
try {
  const copyCount = isBySimulation ? 1 : Math.min(jobs, wanted.length);
  const copies = Array.from({ length: copyCount }, (_, index) => join(scratch, `copy-${index}`));
  for (const copy of copies) copyTree(root, copy);
  const tried: TriedMutant[] = [];
  let caught = 0;
  await inCopies(copies, async (copy, mutant) => {
    const startedAtMs = performance.now();
    const result = await tryOut(copy, mutant);
    const verdict = 'verdict' in result ? result.verdict : result.bySimulation;
    tell(mutant, verdict, (performance.now() - startedAtMs) / 1000);
    if (verdict.kind === 'caught') caught += 1;
    tried.push(result);
    writeFileSync(page, describeMutants(catalogue, tried, readFileSync(page, 'utf8')));
  });
  console.log(`${caught} of ${tried.length} mutants caught`);
  if (caught < tried.length) process.exitCode = 1;
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
