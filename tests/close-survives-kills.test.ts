import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { javaAndMavenPresent } from '@wewrite/local-stack';
import { type Random, seededRandom } from '../apps/cli/src/generate/random.ts';
import { readSystemTestConfig } from './config.ts';
import { type DemoProcess, type Killable, killable, startDemo } from './demo-process.ts';
import { booksOf, community, months, paidIn, startStory, transfersAt } from './month-story.ts';

const { seed, kills } = readSystemTestConfig();
const deadlineMs = 420_000;
/** Kills come while a close goes on, which takes a second undisturbed: each later than the one before by this at most. */
const longestPauseMs = 250;
const killsPerMonth = 5;

const present = await javaAndMavenPresent();
const describeWhereKafkaRuns = present.ok ? describe : describe.skip;
if (!present.ok) process.stderr.write(`No process is killed: ${present.reason}.\n`);

describeWhereKafkaRuns('a close whose processes are killed', () => {
  let input: Awaited<ReturnType<typeof community>>;
  let undisturbed: ReturnType<typeof booksOf>;
  beforeAll(async () => {
    input = await community();
    const story = await startStory({ input: input.directory });
    undisturbed = booksOf(await story.play());
    await story.stop();
  }, deadlineMs);
  afterAll(() => input.remove());

  const killsPerRun = killsPerMonth * months.length;
  for (let run = 0; run < kills / killsPerRun; run++) {
    const own = Math.min(killsPerRun, kills - run * killsPerRun);
    test(
      `B2: after ${own} kills at random (seed ${seed + run}) the books are the same, and each writer is paid once`,
      async () => {
        const random = seededRandom(seed + run);
        const demo = startDemo(input.directory);
        try {
          const killing = killDuringCloses(demo, random, own);
          const told = await demo.ending();
          await killing;
          expect(booksOf(told)).toEqual(undisturbed);
          expect(await transfersAt(demo.sandboxUrl())).toEqual(paidIn(told));
        } catch (error) {
          process.stderr.write(demo.output());
          throw error;
        } finally {
          await demo.stop();
        }
      },
      deadlineMs,
    );
  }
});

/** Kills parts while the months are being closed, as many in each. */
async function killDuringCloses(demo: DemoProcess, random: Random, count: number): Promise<void> {
  const victims = victimsOf(random, count);
  for (const [index, month] of months.entries()) {
    const own = Math.floor((count * (index + 1)) / months.length) - Math.floor((count * index) / months.length);
    await demo.closing(index + 1);
    for (const part of victims.splice(0, own)) {
      const afterMs = random.between(0, longestPauseMs);
      process.stderr.write(`${month}: ${part} is killed after ${afterMs} ms\n`);
      await demo.kill(part, afterMs);
    }
  }
}

/** Parts in random order, each of them once before any of them again. */
function victimsOf(random: Random, count: number): Killable[] {
  const victims: Killable[] = [];
  while (victims.length < count) {
    const left = new Set(killable);
    while (left.size > 0) {
      const part = random.pick([...left]);
      left.delete(part);
      victims.push(part);
    }
  }
  return victims.slice(0, count);
}
