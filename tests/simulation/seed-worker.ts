// A process that runs the seeds that it is sent, one after another, and sends back what they have found.
import { anyFaults } from './faults.ts';
import { plotOf } from './population/plot.ts';
import { runPlot } from './run-plot.ts';
import type { SeedResult } from './simulate-seeds.ts';

process.on('message', (seed: number) => void runSeed(seed).then((result) => process.send?.(result)));
// Whoever sent them is gone.
process.once('disconnect', () => process.exit());

async function runSeed(seed: number): Promise<SeedResult> {
  try {
    const { failure, counts, hash } = await runPlot(plotOf(seed), anyFaults);
    return { seed, failure, counts, hash };
  } catch (error) {
    const sentence = Error.isError(error) ? (error.stack ?? error.message) : String(error);
    return { seed, failure: { kind: 'stuck', sentence }, counts: {}, hash: null };
  }
}
