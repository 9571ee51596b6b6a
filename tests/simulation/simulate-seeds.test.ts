import { expect, test } from '@jest/globals';
import { type SeedResult, simulateSeeds } from './simulate-seeds.ts';

const workerFile = new URL('./seed-worker-for-tests.ts', import.meta.url);

test('a seed that never ends, or ends its process, is stuck; the others go on in another process', async () => {
  const results: SeedResult[] = [];
  const onResult = (result: SeedResult) => void results.push(result);
  await simulateSeeds([1, 2, 3, 4, 5], { jobs: 1, onResult, giveUpAfterMs: 2_000, workerFile });
  expect(results.map(({ seed, failure }) => [seed, failure?.sentence ?? 'well'])).toEqual([
    [1, 'well'],
    [2, 'it was given up after 2 s'],
    [3, 'well'],
    [4, 'its process ended (7)'],
    [5, 'well'],
  ]);
  expect(results.filter(({ hash }) => hash === null).map(({ failure }) => failure?.kind)).toEqual(['stuck', 'stuck']);
});
