import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { readSystemTestConfig } from '../config.ts';
import { newCensus } from './census.ts';
import { heldAgainstEverything } from './expected.ts';
import { type SeedResult, simulateSeeds, usualJobs } from './simulate-seeds.ts';

const deadlineMs = 1_800_000;
const { seed: firstSeed, simulatedSeeds } = readSystemTestConfig();
/** So many seeds come upon everything that can happen. */
const enoughForACensus = 200;

const RegressionsSchema = z.array(z.object({ seed: z.int(), found: z.string() }));
const regressions = RegressionsSchema.parse(
  JSON.parse(readFileSync(new URL('./regressions.json', import.meta.url), 'utf8')),
);

describe('months of a town in which everything goes wrong', () => {
  const results: SeedResult[] = [];

  beforeAll(async () => {
    const drawn = Array.from({ length: simulatedSeeds }, (_, index) => firstSeed + index);
    const seeds = [...new Set([...regressions.map(({ seed }) => seed), ...drawn])];
    // The first once more at the end, when its process has run others.
    const onResult = (result: SeedResult) => void results.push(result);
    await simulateSeeds([...seeds, ...seeds.slice(0, 1)], { jobs: usualJobs, onResult });
  }, deadlineMs);

  test('B2, B3: every cent is where the deeds put it, whatever failed meanwhile', () => {
    const wrong = results.filter(({ failure }) => failure !== null);
    expect(wrong.map(({ seed, failure }) => `seed ${seed}: ${failure?.sentence}`)).toEqual([]);
  });

  test('the same seed is the same run, step by step, whatever its process has run before', () => {
    const ofSeed = Map.groupBy(results, ({ seed }) => seed);
    const twice = [...ofSeed.values()].filter((runs) => runs.length > 1);
    const hashes = twice.map((runs) => [...new Set(runs.map(({ hash }) => hash))]);
    expect(hashes).toEqual([[expect.stringMatching(/^[0-9a-f]{64}$/)]]);
  });

  test('each act, refusal, event, message, fault and state has happened, but those that cannot', async () => {
    const census = newCensus();
    for (const { counts } of results) census.add(counts);
    const { unseen } = await heldAgainstEverything(census.counts());
    expect(simulatedSeeds < enoughForACensus ? [] : unseen).toEqual([]);
  });
});
