import { z } from 'zod';
import type { Collection, StripeObject } from './collections.ts';
import { between } from './parameters.ts';
import { readSettings } from './settings.ts';
import type { CreatedRange, Filter } from './store.ts';
import { refused } from './stripe-failure.ts';
import type { Turn } from './turn.ts';

/** A page of objects as v2 answers it: its neighbours are reached by their addresses. */
export interface V2ListAnswer<T> {
  data: T[];
  next_page_url: string | null;
  previous_page_url: string | null;
}

/** The parameters that every v2 list takes; `page` is part of the addresses that lists give. */
export const v2Page = { limit: between(1, 100).optional(), page: z.string().optional() };

const instant = z.iso.datetime({ offset: true, error: 'must be an RFC 3339 timestamp' }).transform(Date.parse);

/**
 * `created[gte]=2026-11-01T00:00:00Z`: on the wire v2 takes no Unix seconds, although the SDK types the bounds as
 * numbers. Objects are created on whole seconds, so that bounds between them are moved to the next one inside.
 */
export const v2CreatedRange = z
  .strictObject({ gt: instant.optional(), gte: instant.optional(), lt: instant.optional(), lte: instant.optional() })
  .transform(
    ({ gt, gte, lt, lte }): CreatedRange => ({
      gt: gt && Math.floor(gt / 1000),
      gte: gte && Math.ceil(gte / 1000),
      lt: lt && Math.ceil(lt / 1000),
      lte: lte && Math.floor(lte / 1000),
    }),
  );

/** What a `page` says: where it lies, and the filter of the list that it belongs to. */
const pageToken = z.strictObject({
  direction: z.enum(['older', 'newer']),
  id: z.string(),
  filter: z.strictObject({
    equals: z.record(z.string(), z.string()).optional(),
    anyOf: z.strictObject({ lookup: z.string(), values: z.array(z.string()) }).optional(),
    created: z.partialRecord(z.enum(['gt', 'gte', 'lt', 'lte']), z.number()).optional(),
  }),
});

const defaultLimit = 20;

/** Adds a new v2 object. It can be read by its id at once; lists may lag behind, as the settings say. */
export function insertV2<T extends StripeObject>(turn: Turn, collection: Collection<T>, object: T): void {
  turn.store.insert(collection, object, turn.nowSeconds);
  const { listLagMs, listLagCalls } = readSettings(turn.store);
  if (listLagMs === 0 && listLagCalls === 0) return;
  turn.store.run(
    'INSERT INTO unlisted (id, kind, until_real_ms, lists_left) VALUES (?, ?, ?, ?)',
    object.id,
    collection.table,
    turn.store.realMs() + listLagMs,
    listLagCalls,
  );
}

/** A page, newest first, of the objects that lists already know. */
export function v2ListPage<T extends StripeObject>(
  turn: Turn,
  collection: Collection<T>,
  given: { url: string; filter: Filter; page: { limit?: number | undefined; page?: string | undefined } },
): V2ListAnswer<T> {
  const limit = given.page.limit ?? defaultLimit;
  const token = given.page.page === undefined ? undefined : readToken(given.page.page);
  const filter: Filter = token?.filter ?? given.filter;
  const found = turn.store.list(collection, { ...filter, where: listed(turn, collection.table) }, limit + 1, token);
  const excess = found.length > limit;
  const newer = token?.direction === 'newer';
  const data = newer ? found.slice(excess ? 1 : 0) : found.slice(0, limit);
  const address = (direction: 'older' | 'newer', object: T | undefined): string | null => {
    if (object === undefined) return null;
    const page = Buffer.from(JSON.stringify({ direction, id: object.id, filter })).toString('base64url');
    return `${given.url}?${new URLSearchParams({ limit: String(limit), page })}`;
  };
  return {
    data,
    next_page_url: newer || excess ? address('older', data.at(-1)) : null,
    previous_page_url: token !== undefined && (!newer || excess) ? address('newer', data[0]) : null,
  };
}

/** The condition that lists of a kind already know an object; counts this list, and forgets what has been waited for. */
function listed(turn: Turn, kind: string): string {
  const now = turn.store.realMs();
  turn.store.run('DELETE FROM unlisted WHERE kind = ? AND lists_left <= 0 AND until_real_ms <= ?', kind, now);
  turn.store.run('UPDATE unlisted SET lists_left = lists_left - 1 WHERE kind = ?', kind);
  return `NOT EXISTS (SELECT 1 FROM unlisted WHERE unlisted.id = ${kind}.id)`;
}

function readToken(page: string): z.output<typeof pageToken> {
  try {
    return pageToken.parse(JSON.parse(Buffer.from(page, 'base64url').toString()));
  } catch {
    throw refused('Invalid page token.', { param: 'page' });
  }
}
