import { describe, expect, test } from '@jest/globals';
import { type LockedChunk, LockedChunkSchema, type LockedTotals } from '@wewrite/contracts';
import { countersOf, tallyChunk } from './locked-chunk.ts';

/** Two supporters: one with an unfunded part, one with an unallocated one. */
const plain = {
  part: 'chunk',
  run: { runId: '0195f0a8-0000-7000-8000-000000000001', kind: 'close', month: '2026-11' },
  chunk: 0,
  currency: 'usd',
  totals: { supporters: 2, lines: 3, paidCents: 900, fundedCents: 600, unallocatedCents: 300, unfundedCents: 100 },
  supporters: {
    userIds: ['ann', 'ben'],
    paidCents: [500, 400],
    fundedCents: [500, 100],
    unallocatedCents: [0, 300],
    invoiceIds: [['in_1'], []],
    lineCounts: [2, 1],
  },
  lines: {
    resourceTypes: ['page', 'page', 'user'],
    resourceIds: ['1', '2', 'wanda'],
    recipientUserIds: ['walt', 'wanda', 'wanda'],
    usdCents: [300, 300, 100],
    fundedCents: [250, 250, 100],
  },
};
const chunk = LockedChunkSchema.parse(plain);

/** The chunk with other columns. */
function changed(part: 'supporters' | 'lines' | 'totals', columns: object): LockedChunk {
  return LockedChunkSchema.parse({ ...plain, [part]: { ...plain[part], ...columns } });
}

describe('a locked chunk', () => {
  test('B3, B5: is counted from its rows', () => {
    const tallied = tallyChunk(chunk);
    expect(tallied.lineUserIds).toEqual(['ann', 'ann', 'ben']);
    expect(tallied.unfundedCents).toEqual([100, 0]);
    expect(tallied.totals).toEqual(chunk.totals);
    expect(countersOf(1, tallied.totals)).toEqual([1, 2, 3, 900, 600, 300, 100]);
  });

  test('may be empty', () => {
    const none = { userIds: [], paidCents: [], fundedCents: [], unallocatedCents: [], invoiceIds: [], lineCounts: [] };
    const noLines = { resourceTypes: [], resourceIds: [], recipientUserIds: [], usdCents: [], fundedCents: [] };
    const zero = { supporters: 0, lines: 0, paidCents: 0, fundedCents: 0, unallocatedCents: 0, unfundedCents: 0 };
    const empty = LockedChunkSchema.parse({ ...plain, totals: zero, supporters: none, lines: noLines });
    expect(countersOf(1, tallyChunk(empty).totals)).toEqual([1, 0, 0, 0, 0, 0, 0]);
  });

  test.each(Object.keys(plain.totals))('B3: is refused when it says other %s than its rows', (name) => {
    const said = chunk.totals[name as keyof LockedTotals];
    expect(() => tallyChunk(changed('totals', { [name]: said + 1 }))).toThrow(`the chunk says ${name} ${said + 1}`);
  });

  test.each([
    ['funded and unallocated are not the paid budget', changed('supporters', { unallocatedCents: [1, 300] })],
    ["the lines' funded cents are not the supporter's", changed('lines', { fundedCents: [250, 249, 101] })],
    ['funded beyond its allocation', changed('lines', { usdCents: [249, 351, 100] })],
    ['differ in length', changed('lines', { resourceIds: ['1', '2'] })],
    ['differ in length', changed('supporters', { invoiceIds: [[]] })],
    ['differ in length', changed('supporters', { lineCounts: [2, 2] })],
    ["the lines' funded cents are not the supporter's", changed('supporters', { lineCounts: [2, 0] })],
  ])('B3: is refused when it is not whole: %s', (reason, broken) => {
    expect(() => tallyChunk(broken)).toThrow(reason);
  });
});
