import {
  type EarningsLine,
  EarningsLinesPageSchema,
  type EarningsSupporter,
  EarningsSupportersPageSchema,
  type EarningsWriter,
  EarningsWritersPageSchema,
  type Month,
  type WriterPayout,
  WriterPayoutPageSchema,
} from '@wewrite/contracts';
import type { z } from 'zod';
import type { Api } from '../demo/api.ts';

/** All that the services' admin routes say of a closed month. */
export interface ClosedMonth {
  readonly month: Month;
  readonly writers: readonly EarningsWriter[];
  readonly supporters: readonly EarningsSupporter[];
  readonly payouts: readonly WriterPayout[];
}

/** Reads a closed month's writers, supporters and payouts. */
export async function readClosedMonth(api: Api, token: string, month: Month): Promise<ClosedMonth> {
  const path = (list: string) => `/v1/months/${month}/${list}`;
  return {
    month,
    writers: await pages(api, token, path('writers'), EarningsWritersPageSchema, (page) => page.writers),
    supporters: await pages(api, token, path('supporters'), EarningsSupportersPageSchema, (page) => page.supporters),
    payouts: await pages(api, token, path('payouts'), WriterPayoutPageSchema, (page) => page.writers),
  };
}

/** Reads every line of a closed month. */
export function readLines(api: Api, token: string, month: Month): Promise<EarningsLine[]> {
  return pages(api, token, `/v1/months/${month}/lines`, EarningsLinesPageSchema, (page) => page.lines);
}

async function pages<Schema extends z.ZodType<{ nextCursor: string | null }>, Entry>(
  api: Api,
  token: string,
  path: string,
  answer: Schema,
  entriesOf: (page: z.infer<Schema>) => readonly Entry[],
): Promise<Entry[]> {
  const entries: Entry[] = [];
  let cursor: string | null = null;
  do {
    const query: string = cursor === null ? '' : `?cursor=${encodeURIComponent(cursor)}`;
    const page: z.infer<Schema> = await api.ask({ method: 'GET', path: `${path}${query}`, token, answer });
    for (const entry of entriesOf(page)) entries.push(entry);
    cursor = page.nextCursor;
  } while (cursor !== null);
  return entries;
}
