// What the product says of its books, over the routes that administrators have.
import {
  BillingAccountsSchema,
  type EarningsLine,
  EarningsLinesPageSchema,
  type EarningsSupporter,
  EarningsSupportersPageSchema,
  type EarningsWriter,
  EarningsWritersPageSchema,
  ObligationsSchema,
  type WriterPayout,
  WriterPayoutPageSchema,
} from '@wewrite/contracts';
import type { z } from 'zod';
import type { StandingBooks } from './read-standing.ts';

/** Gets a path as an administrator, and gives the body of the answer, or null for a 404. Throws when there is none. */
export type AskAsAdmin = (path: string) => Promise<unknown>;

/** A closed month in the product. */
export interface ProductMonth {
  readonly supporters: readonly EarningsSupporter[];
  readonly lines: readonly EarningsLine[];
  readonly writers: readonly EarningsWriter[];
  readonly payouts: readonly WriterPayout[];
}

/** Reads the books of these months, by name; null for one that is not closed. */
export async function readMonths(
  ask: AskAsAdmin,
  months: Iterable<string>,
): Promise<ReadonlyMap<string, ProductMonth | null>> {
  const read = new Map<string, ProductMonth | null>();
  for (const month of months) read.set(month, await readMonth(ask, month));
  return read;
}

/** Reads what is owed to writers, and the general ledger. */
export async function readBalances(ask: AskAsAdmin): Promise<Pick<StandingBooks, 'obligations' | 'ledger'>> {
  const obligations = await pages(ask, '/v1/obligations', ObligationsSchema, (page) => [page.writers, page.nextCursor]);
  const accounts = await pages(ask, '/v1/ledger/accounts', BillingAccountsSchema, (page) => [page.accounts, page.next]);
  const ledger = new Map(accounts?.map(({ id, debitCents, creditCents }) => [id, debitCents - creditCents]));
  return { obligations: obligations ?? [], ledger };
}

async function readMonth(ask: AskAsAdmin, month: string): Promise<ProductMonth | null> {
  const path = (list: string) => `/v1/months/${month}/${list}`;
  const supporters = await pages(ask, path('supporters'), EarningsSupportersPageSchema, (page) => [
    page.supporters,
    page.nextCursor,
  ]);
  const lines = await pages(ask, path('lines'), EarningsLinesPageSchema, (page) => [page.lines, page.nextCursor]);
  const writers = await pages(ask, path('writers'), EarningsWritersPageSchema, (page) => [
    page.writers,
    page.nextCursor,
  ]);
  const payouts = await pages(ask, path('payouts'), WriterPayoutPageSchema, (page) => [page.writers, page.nextCursor]);
  if (supporters === null || lines === null || writers === null || payouts === null) return null;
  return { supporters, lines, writers, payouts };
}

/** All entries of a list, page by page; null when there is no such list. */
async function pages<Schema extends z.ZodType, Entry>(
  ask: AskAsAdmin,
  path: string,
  schema: Schema,
  read: (page: z.infer<Schema>) => readonly [entries: readonly Entry[], next: string | null],
): Promise<readonly Entry[] | null> {
  const all: Entry[] = [];
  for (let cursor: string | null = ''; cursor !== null; ) {
    const body: unknown = await ask(cursor === '' ? path : `${path}?cursor=${encodeURIComponent(cursor)}`);
    if (body === null) return null;
    const [entries, next]: readonly [readonly Entry[], string | null] = read(schema.parse(body));
    all.push(...entries);
    cursor = next;
  }
  return all;
}
