import { describe, expect, test } from '@jest/globals';
import { ImportedDuplicateSchema } from '@wewrite/contracts';
import { duplicateLine, verdictOf } from './dedupe.ts';

const duplicate = (more: object = {}) =>
  ImportedDuplicateSchema.parse({
    userId: 'ann',
    resourceType: 'page',
    resourceId: 'a',
    usdCents: [300, 50],
    mergedCents: 350,
    isSuperseded: false,
    ...more,
  });

describe('duplicates for people', () => {
  test('A13: are shown with their amounts and their sum, and with why one does not enter', () => {
    expect(duplicateLine(duplicate())).toBe('ann: page a, $3.00 + $0.50 = $3.50');
    expect(duplicateLine(duplicate({ isSuperseded: true }))).toContain('changed by its owner since');
  });

  test('A13: nothing is merged unless that is said, and the verdict says how', () => {
    const duplicates = [duplicate(), duplicate({ isSuperseded: true })];
    const counted = '1 of 2 duplicated allocations, $3.50 a month';
    expect(verdictOf({ isProduction: false, merged: true, duplicates })).toBe(`merged: ${counted}`);
    expect(verdictOf({ isProduction: true, merged: false, duplicates })).toBe(
      `to merge: ${counted}. Nothing was changed: wewrite dedupe --execute --prod merges them.`,
    );
    expect(verdictOf({ isProduction: true, merged: true, duplicates: [] })).toBe('no duplicates');
  });
});
