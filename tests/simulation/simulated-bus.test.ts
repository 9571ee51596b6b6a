import { expect, test } from '@jest/globals';
import { allocationChanged } from '@wewrite/contracts';
import type { IncomingRecord, OutgoingRecord } from '@wewrite/service-kit';
import { anyFaults, faultsOf, noFaults } from './faults.ts';
import { lifeOf } from './life.ts';
import { chanceOf } from './population/chance.ts';
import { schedulerOf } from './scheduler.ts';
import { simulatedBus } from './simulated-bus.ts';
import { simulatedTime } from './simulated-time.ts';

const keys = ['ann', 'bob', 'cat', 'dan', 'eve'];
const messagesAKey = 20;
const seeds = Array.from({ length: 40 }, (_, index) => index + 1);

/** Sends numbered messages of each key until each send is said to have arrived; gives what was heard, in order. */
async function hearAll(seed: number, choice = anyFaults): Promise<readonly IncomingRecord[]> {
  const time = simulatedTime(0);
  // Crashes are not the bus's: whoever dies here would have nobody in its place.
  const faults = faultsOf(seed, { ...choice, kinds: choice.kinds.filter((kind) => !kind.startsWith('crash')) });
  const bus = simulatedBus({ time, faults, chance: chanceOf(seed, 'bus') });
  const heard: IncomingRecord[] = [];
  for (const number of [1, 2]) {
    await bus.brokerFor(lifeOf(`hearer.${number}`, faults)).subscribe({
      groupId: 'hearers',
      topics: [allocationChanged.name],
      maxRecords: 7,
      onCrash: () => undefined,
      onBatch: async (records) => {
        heard.push(...records);
        return { doneCount: records.length, retryAfterMs: 0 };
      },
    });
  }
  const scheduler = schedulerOf(seed, time, [bus]);
  const sayer = bus.brokerFor(lifeOf('sayer.1', faults));
  for (let number = 0; number < messagesAKey; number++) {
    const records = keys.map((key) => recordOf(key, number));
    while (
      !(await sayer.send(records).then(
        () => true,
        () => false,
      ))
    )
      await scheduler.step();
    await scheduler.step();
  }
  bus.heal();
  await scheduler.settle();
  return heard;
}

function recordOf(key: string, number: number): OutgoingRecord {
  return { topic: allocationChanged.name, key, value: Buffer.from(String(number)), headers: {} };
}

const numbersOf = (heard: readonly IncomingRecord[], key: string) => [
  ...new Set(heard.filter((record) => record.key === key).map(({ value }) => Number(value.toString()))),
];
const inOrder = Array.from({ length: messagesAKey }, (_, number) => number);

test.each(seeds)('nothing that was sent is lost, and each key comes first in its order (seed %d)', async (seed) => {
  const heard = await hearAll(seed);
  for (const key of keys) expect(numbersOf(heard, key)).toEqual(inOrder);
});

test('without faults each message comes once', async () => {
  expect(await hearAll(1, noFaults)).toHaveLength(keys.length * messagesAKey);
});

test('sends are repeated, partitions read again and members cut off in some of the seeds', async () => {
  const extra = await Promise.all(seeds.map(async (seed) => (await hearAll(seed)).length - keys.length * messagesAKey));
  expect(Math.max(...extra)).toBeGreaterThan(keys.length * messagesAKey * 0.3);
});
