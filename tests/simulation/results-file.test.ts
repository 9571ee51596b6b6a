import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { openResultsFile } from './results-file.ts';
import type { SeedResult } from './simulate-seeds.ts';

let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'wewrite-results-'));
});
afterEach(() => rmSync(directory, { recursive: true }));

const resultOf = (seed: number): SeedResult => ({ seed, failure: null, counts: { 'act/planned, ¢': seed }, hash: 'h' });

test('what is kept is given back to whoever goes on', async () => {
  const path = join(directory, 'results.jsonl');
  const keep = await openResultsFile(path, () => {
    throw new Error('nothing is kept yet');
  });
  keep(resultOf(1));
  keep(resultOf(2));
  expect(await read(path)).toEqual([resultOf(1), resultOf(2)]);
});

test('a line that a kill cut short is taken out, and the file gone on with', async () => {
  const path = join(directory, 'results.jsonl');
  const keep = await openResultsFile(path, () => undefined);
  keep(resultOf(1));
  appendFileSync(path, '{"seed":2,"failure":nu');
  const results: SeedResult[] = [];
  const goOn = await openResultsFile(path, (result) => void results.push(result));
  goOn(resultOf(2));
  expect(results).toEqual([resultOf(1)]);
  expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(3);
  expect(await read(path)).toEqual([resultOf(1), resultOf(2)]);
});

async function read(path: string): Promise<SeedResult[]> {
  const results: SeedResult[] = [];
  await openResultsFile(path, (result) => void results.push(result));
  return results;
}
