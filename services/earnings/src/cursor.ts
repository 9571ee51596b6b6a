import { isId } from '@wewrite/contracts';
import { Refusal } from '@wewrite/service-kit';
import { z } from 'zod';

/** The place in a list that is sorted by user id; the list starts after ''. */
export const UserPlaceSchema = z.string().refine(isId);

/** A place in a list, as an opaque text that stays the same whatever comes to the list. */
export function encodeCursor(place: unknown): string {
  return Buffer.from(JSON.stringify(place)).toString('base64url');
}

/** Reads a cursor back. Throws a Refusal `invalid_request` for one that this list has not given. */
export function decodeCursor<Place extends z.ZodType>(
  placeSchema: Place,
  cursor: string | undefined,
  start: z.infer<Place>,
): z.infer<Place> {
  if (cursor === undefined) return start;
  const place = placeSchema.safeParse(parsed(cursor));
  if (!place.success) {
    throw new Refusal('invalid_request', 'Give the nextCursor of the page before, or none.', { field: 'cursor' });
  }
  return place.data;
}

/** The cursor after a page; null when the page is the last. Ask for one row more than `limit`. */
export function pageOf<Row>(rows: readonly Row[], limit: number, placeOf: (row: Row) => unknown) {
  const page = rows.slice(0, limit);
  const last = page.at(-1);
  return { page, nextCursor: rows.length > limit && last !== undefined ? encodeCursor(placeOf(last)) : null };
}

function parsed(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}
