import { mkdtempSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { catalogue } from './catalogue.ts';
import { copyTree } from './copy-tree.ts';
import { describeMutants, mostSeeds, type TriedMutant } from './describe-mutants.ts';
import type { Mutant } from './mutant.ts';
import { type Outcome, runTestFile } from './run-test-file.ts';
import { type SimulationVerdict, tryBySimulation } from './try-by-simulation.ts';
import { tryMutant, type Verdict } from './try-mutant.ts';

// `npm run mutants`: puts each small wrong change of the catalogue into a copy of the working tree and runs the tests that
// should notice. `--only NAME` (may be repeated) tries those whose names contain it; `--jobs N` works in N copies at once.
// `--by simulation` asks no test, but plays seeds, N at a time, until one fails. What was found is written to docs/mutants.md.
// Ends with 1 when one has survived or could not be tried.

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = join(root, 'docs/mutants.md');
const { values } = parseArgs({
  options: {
    only: { type: 'string', multiple: true, default: [] },
    jobs: { type: 'string', default: '1' },
    by: { type: 'string', default: 'tests' },
  },
});
if (values.by !== 'tests' && values.by !== 'simulation')
  throw new Error(`--by takes tests or simulation, not ${values.by}`);
const isBySimulation = values.by === 'simulation';
const jobs = Number(values.jobs);
if (!Number.isInteger(jobs) || jobs < 1) throw new Error(`--jobs takes a number above 0, not ${values.jobs}`);

const wanted = catalogue.filter(
  ({ name }) => values.only.length === 0 || values.only.some((part) => name.includes(part)),
);

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
