import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addTallies, closingLine, type Tally, tallyOfJest } from './tally.ts';
import { requiredTiers, type Tier, tierPresent, tiers } from './tiers.ts';

// `npm test`: each check of the house through turbo, which remembers those that nothing has changed for, then every
// Jest project, the simulation last. Arguments go to Jest. A tier that lacks what it needs is named with the reason, and
// is a failure where REQUIRE_TIERS names it. One failure of any kind fails the command; the last line counts them all.

const root = new URL('..', import.meta.url);
const checks = ['lint', 'typecheck', 'boundaries'];

function run(command: string, parameters: readonly string[]): boolean {
  const env = { ...process.env, TURBO_TELEMETRY_DISABLED: '1' };
  const { status, error } = spawnSync(command, parameters, { cwd: root, env, stdio: ['ignore', 'inherit', 'inherit'] });
  if (error !== undefined) console.error(`${command} did not start: ${error.message}`);
  return status === 0;
}

function runCheck(name: string): Tally {
  const passed = run('turbo', ['run', name, '--output-logs=errors-only', '--ui=stream']);
  return { passed: passed ? 1 : 0, failed: passed ? 0 : 1, skipped: [] };
}

/** The tiers that lack something, with a sentence for each, and a failure for each of them that is required. */
async function lookAtTiers(): Promise<{ absent: readonly Tier[]; notes: readonly string[]; failed: number }> {
  const required = requiredTiers(process.env);
  const absent: Tier[] = [];
  const notes: string[] = [];
  for (const tier of tiers) {
    const present = await tierPresent(tier, process.env);
    if (present.ok) continue;
    absent.push(tier);
    // System tests that can do without Kafka's own broker run on the one in the process; containers have no substitute.
    const consequence = tier === 'container' ? 'did not run' : 'ran in part';
    notes.push(
      `tier ${tier} ${consequence}: ${present.reason}${required.includes(tier) ? ', and it is required' : ''}`,
    );
  }
  return { absent, notes, failed: required.filter((tier) => absent.includes(tier)).length };
}

function runJest(parameters: readonly string[]): Tally {
  const directory = mkdtempSync(join(tmpdir(), 'wewrite-tests-'));
  const results = join(directory, 'results.json');
  try {
    const flags = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
    const jest = 'node_modules/jest/bin/jest.js';
    const output = ['--json', `--outputFile=${results}`];
    const passed = run(process.execPath, [...flags, jest, ...output, ...parameters]);
    return tallyOfJest(readFileSync(results, 'utf8'), passed);
  } catch (error) {
    console.error(`Jest has left no results: ${Error.isError(error) ? error.message : error}`);
    return { passed: 0, failed: 1, skipped: [] };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** It keeps all cores busy, which those beside it that wait for something would have to bear. */
const byItself = 'tests/simulation/simulation.test.ts';

function runTests(excluded: readonly string[], parameters: readonly string[]): Tally[] {
  if (parameters.length > 0) return [runJest([...excluded, ...parameters])];
  const others = ['/node_modules/', byItself].map((pattern) => `--testPathIgnorePatterns=${pattern}`);
  return [runJest([...excluded, ...others]), runJest([...excluded, `--testPathPatterns=${byItself}`])];
}

const { absent, notes, failed } = await lookAtTiers();
const excluded = absent.includes('container') ? ['--ignoreProjects', 'container'] : [];
const tally = addTallies([
  { passed: 0, failed, skipped: [] },
  ...checks.map(runCheck),
  ...runTests(excluded, process.argv.slice(2)),
]);
for (const note of notes) console.log(note);
for (const name of tally.skipped) console.log(`skipped: ${name}`);
console.log(closingLine(tally));
process.exitCode = tally.failed === 0 && tally.passed > 0 ? 0 : 1;
