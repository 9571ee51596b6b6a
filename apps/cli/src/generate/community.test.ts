import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cutoffOf, month } from '@wewrite/contracts';
import { loadInput } from '../input/load-input.ts';
import { generateCommunity } from './community.ts';
import { writeCommunity } from './write-community.ts';

const months = [month('2026-10'), month('2026-11')] as const;
const size = { supporters: 400, writers: 80, seed: 7, months } as const;

let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wewrite-generate-'));
});

afterAll(() => rm(directory, { recursive: true }));

describe('a generated community', () => {
  test('is the same for the same seed, and another for another', () => {
    expect(generateCommunity(size)).toEqual(generateCommunity(size));
    expect(generateCommunity(size)).not.toEqual(generateCommunity({ ...size, seed: 8 }));
  });

  test('passes the check of the files it is written to, as many as were asked for', async () => {
    const community = generateCommunity(size);
    await writeCommunity(directory, community);
    const input = await loadInput(directory, months);
    expect(input.supporters.size).toBe(400);
    expect(input.writers.size).toBe(80);
    expect(input.allocations).toHaveLength(community.allocations.length);
    expect(input.changes).toHaveLength(community.changes.length);
  });

  test('has every kind of supporter, writer, id and moment', () => {
    const { supporters, writers, changes } = generateCommunity(size);
    expect(new Set(supporters.map(({ payment }) => payment))).toEqual(new Set(['ok', 'fails', 'lapsed']));
    expect(new Set(writers.map(({ payoutAccount }) => payoutAccount))).toEqual(
      new Set(['ready', 'none', 'restricted']),
    );
    expect(supporters.some((one) => one.renewsAtCents !== null && one.renewsAtCents < one.monthlyCents)).toBe(true);
    const writerIds = new Set(writers.map(({ userId }) => userId));
    expect(supporters.some(({ userId }) => writerIds.has(userId))).toBe(true);
    const ids = supporters.map(({ userId }) => userId).join(' ');
    for (const odd of ['_', '-', '.', '%', '作']) expect(ids).toContain(odd);
    const instants = new Set(changes.map(({ at }) => at.getTime()));
    const cutoff = cutoffOf(months[0]).getTime();
    expect([instants.has(cutoff - 1), instants.has(cutoff)]).toEqual([true, true]);
  });

  test('is the sample community for 200 supporters and 40 writers', async () => {
    await writeCommunity(directory, generateCommunity({ ...size, supporters: 200, writers: 40, seed: 1 }));
    const sample = new URL('../../../../samples/community/', import.meta.url);
    for (const file of ['writers.csv', 'resources.csv', 'supporters.csv', 'allocations.csv', 'changes.csv']) {
      expect(await readFile(join(directory, file), 'utf8')).toBe(await readFile(new URL(file, sample), 'utf8'));
    }
  });
});
