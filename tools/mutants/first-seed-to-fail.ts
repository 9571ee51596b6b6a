import { simulateSeeds } from '../../tests/simulation/simulate-seeds.ts';
import { seedReportLine } from './seed-report.ts';

// `first-seed-to-fail.ts FROM SEEDS JOBS`: plays so many seeds, JOBS at a time, and ends with the first that fails.

const [from = 0, seeds = 0, jobs = 0] = process.argv.slice(2).map(Number);
const numbers = Array.from({ length: seeds }, (_, index) => from + index);

await simulateSeeds(numbers, {
  jobs,
  onResult: ({ seed, failure }) => {
    if (failure === null) return;
    // What is broken is told in a sentence of the product; what is stuck, in places of this machine.
    const sentence = failure.kind === 'broken' ? failure.sentence : 'it does not come to an end.';
    process.stdout.write(seedReportLine({ failure: { seed, sentence: sentence.split('\n')[0] ?? '' } }));
    // The processes that play the others end with this one.
    process.exit(1);
  },
});
process.stdout.write(seedReportLine({ failure: null }));
