import type { Collection, StripeObject } from './collections.ts';
import type { Cursor, Filter, Store } from './store.ts';
import { missing, refused } from './stripe-failure.ts';

/** A page of objects as v1 answers it. */
export interface ListAnswer<T> {
  object: 'list';
  url: string;
  has_more: boolean;
  data: T[];
}

/** The paging parameters of a list. */
export interface Page {
  readonly limit?: number | undefined;
  readonly starting_after?: string | undefined;
  readonly ending_before?: string | undefined;
}

const defaultLimit = 10;

/** A page, newest first. A cursor that names no object is refused, as Stripe does. */
export function listPage<T extends StripeObject>(
  store: Store,
  collection: Collection<T>,
  { url, filter, page }: { url: string; filter: Filter; page: Page },
): ListAnswer<T> {
  const limit = page.limit ?? defaultLimit;
  const cursor = cursorOf(page);
  if (cursor !== undefined && store.find(collection, cursor.id) === undefined) {
    throw missing(collection.table, cursor.id, cursor.direction === 'older' ? 'starting_after' : 'ending_before');
  }
  const found = store.list(collection, filter, limit + 1, cursor);
  const excess = found.length > limit;
  const data = cursor?.direction === 'newer' ? found.slice(excess ? 1 : 0) : found.slice(0, limit);
  return { object: 'list', url, has_more: excess, data };
}

/** A page of objects that lie inside another one, such as an invoice's lines, in their own order. */
export function listWithin<T extends StripeObject>(all: readonly T[], url: string, page: Page): ListAnswer<T> {
  const limit = page.limit ?? defaultLimit;
  const cursor = cursorOf(page);
  const place = cursor === undefined ? -1 : all.findIndex(({ id }) => id === cursor.id);
  if (cursor !== undefined && place < 0) throw missing('object', cursor.id, 'starting_after');
  if (cursor?.direction === 'newer') {
    const before = all.slice(0, place);
    return { object: 'list', url, has_more: before.length > limit, data: before.slice(-limit) };
  }
  const after = all.slice(place + 1);
  return { object: 'list', url, has_more: after.length > limit, data: after.slice(0, limit) };
}

function cursorOf({ starting_after: after, ending_before: before }: Page): Cursor | undefined {
  if (after !== undefined && before !== undefined) {
    throw refused('You may only specify one of these parameters: ending_before, starting_after.');
  }
  if (after !== undefined) return { direction: 'older', id: after };
  return before === undefined ? undefined : { direction: 'newer', id: before };
}
