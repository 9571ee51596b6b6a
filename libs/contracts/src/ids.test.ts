import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { isId, lineIdOf, ResourceIdSchema, type ResourceKey, readLineId, resourceTypes, UserIdSchema } from './ids.ts';
import { month } from './month.ts';

const november = month('2026-11');
const anyId = fc.string({ unit: 'binary', minLength: 1, maxLength: 32 }).filter(isId);
const trickyId = fc.string({
  unit: fc.constantFrom('_', '%', 'user', 'bio', '5F', '25', '1'),
  minLength: 1,
  maxLength: 6,
});
const anyLine = fc.record({
  userId: fc.oneof(anyId, trickyId),
  resourceType: fc.constantFrom(...resourceTypes),
  resourceId: fc.oneof(anyId, trickyId),
});

describe('ids', () => {
  test('A4: dashes, underscores, dots, spaces and unicode are taken', () => {
    for (const id of ['a', 'a-b', 'a_b', 'a.b', '...', '-', '_', '%', 'with space', 'Zoë', '日本語', '\u{1F600}']) {
      expect(isId(id)).toBe(true);
    }
  });

  test('A4: empty ids, dot and dot-dot, control characters and broken UTF-16 are refused', () => {
    for (const id of ['', '.', '..', 'a\n', '\t', 'a\u0000b', '\u007f', '\u009f', '\ud800', 'a\udc00']) {
      expect(isId(id)).toBe(false);
      expect(UserIdSchema.safeParse(id).success).toBe(false);
      expect(ResourceIdSchema.safeParse(id).success).toBe(false);
    }
  });

  test('A4: an id has at most 128 bytes, counted as UTF-8', () => {
    expect(isId('a'.repeat(128))).toBe(true);
    expect(isId('a'.repeat(129))).toBe(false);
    expect(isId('é'.repeat(64))).toBe(true);
    expect(isId(`${'é'.repeat(64)}a`)).toBe(false);
  });
});

describe('lineIdOf', () => {
  test('A2: a line id is made of supporter, resource type, resource and month', () => {
    const resource: ResourceKey = { resourceType: 'page', resourceId: 'on-rivers' };
    expect(lineIdOf('ada', resource, november)).toBe('ada_page_on-rivers_2026-11');
  });

  test('A2: user + bio_1 and user_bio + 1 do not meet', () => {
    const first = lineIdOf('ada', { resourceType: 'user', resourceId: 'bio_1' }, november);
    const second = lineIdOf('ada', { resourceType: 'user_bio', resourceId: '1' }, november);
    expect(first).toBe('ada_user_bio%5F1_2026-11');
    expect(second).toBe('ada_user_bio_1_2026-11');
  });

  test('A2: an id that looks escaped does not meet the one that it looks like', () => {
    const ids = ['a_b', 'a%5Fb', 'a%255Fb', 'a%b', 'a%25b'];
    const lineIds = ids.map((id) => lineIdOf(id, { resourceType: 'page', resourceId: id }, november));
    expect(lineIds[0]).toBe('a%5Fb_page_a%5Fb_2026-11');
    expect(lineIds[1]).toBe('a%255Fb_page_a%255Fb_2026-11');
    expect(new Set(lineIds).size).toBe(ids.length);
  });

  test('A2: different wishes never share a line id', () => {
    fc.assert(
      fc.property(anyLine, anyLine, (one, other) => {
        const same =
          one.userId === other.userId && one.resourceType === other.resourceType && one.resourceId === other.resourceId;
        expect(lineIdOf(one.userId, one, november) === lineIdOf(other.userId, other, november)).toBe(same);
      }),
      { numRuns: 5_000 },
    );
  });

  test('A2: the same wish in two months is two lines', () => {
    fc.assert(
      fc.property(anyLine, (line) => {
        expect(lineIdOf(line.userId, line, november)).not.toBe(lineIdOf(line.userId, line, month('2026-12')));
      }),
    );
  });

  test('A2: what a line id names is read back from it, and nothing from another text', () => {
    fc.assert(
      fc.property(anyLine, ({ userId, resourceType, resourceId }) => {
        const read = readLineId(lineIdOf(userId, { resourceType, resourceId }, november));
        expect(read).toEqual({ userId, resource: { resourceType, resourceId }, month: november });
      }),
    );
    for (const text of [
      '',
      'ada',
      'ada_page_2026-11',
      'ada_page_p_2026-13',
      'ada_pig_p_2026-11',
      'a%b_page_p_2026-11',
    ]) {
      expect(readLineId(text)).toBeNull();
    }
  });
});
