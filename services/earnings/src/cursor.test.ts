import { describe, expect, test } from '@jest/globals';
import { decodeCursor, encodeCursor, pageOf, UserPlaceSchema } from './cursor.ts';

describe('a cursor', () => {
  test('leads back to its place, whatever the id', () => {
    for (const place of ['a', '%', '日本', "'", 'x'.repeat(128)]) {
      expect(decodeCursor(UserPlaceSchema, encodeCursor(place), '')).toBe(place);
    }
  });

  test('is none on the first page', () => {
    expect(decodeCursor(UserPlaceSchema, undefined, 'start')).toBe('start');
  });

  test.each(['', 'x', '%%%', encodeCursor(7), encodeCursor(null), encodeCursor('a\u0000b')])(
    'that this list has not given is refused: %s',
    (cursor) => {
      expect(() => decodeCursor(UserPlaceSchema, cursor, '')).toThrow('Give the nextCursor of the page before');
    },
  );

  test('is null after the last page, also where that is full', () => {
    const placeOf = (row: number) => row;
    expect(pageOf([1, 2, 3], 2, placeOf)).toEqual({ page: [1, 2], nextCursor: encodeCursor(2) });
    expect(pageOf([1, 2], 2, placeOf)).toEqual({ page: [1, 2], nextCursor: null });
    expect(pageOf([], 2, placeOf)).toEqual({ page: [], nextCursor: null });
  });
});
