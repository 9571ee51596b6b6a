import {
  type EarningsLine,
  EarningsLinesPageSchema,
  EarningsMonthPathSchema,
  type EarningsPageQuery,
  EarningsPageQuerySchema,
} from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageOf } from './cursor.ts';
import type { Context } from './db.ts';
import { findCalculatedRun } from './find-run.ts';

// Every line of a month, as reports need them. The order is the one in which they were locked, which is how they lie on
// disk: a page reads little more than itself, however many lines there are.

/** Of a calculated run: the fee is known. */
type PlacedLine = EarningsLine & { readonly chunk: number; readonly position: number };

const PlaceSchema = z.tuple([z.int32().min(0), z.int32().min(0)]);
const start = [0, -1] as [number, number];

export function listLines(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/lines',
    {
      schema: {
        summary: 'All lines of a month',
        params: EarningsMonthPathSchema,
        querystring: EarningsPageQuerySchema,
        response: { 200: EarningsLinesPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { runId } = await findCalculatedRun(context, request.params.month);
      const rows = await readLines(context, runId, request.query);
      const { page, nextCursor } = pageOf(rows, request.query.limit, (row) => [row.chunk, row.position]);
      return { lines: page, nextCursor };
    },
  );
}

/** One row more than the page has. */
async function readLines(
  { database }: Context,
  runId: string,
  { cursor, limit }: EarningsPageQuery,
): Promise<readonly PlacedLine[]> {
  const [chunk, position] = decodeCursor(PlaceSchema, cursor, start);
  const { rows } = await sql<PlacedLine>`
    select chunk, position, line_id as "lineId", month, user_id as "userId", recipient_user_id as "recipientUserId",
      resource_type as "resourceType", resource_id as "resourceId", usd_cents as "usdCents",
      funded_cents as "fundedCents", fee_cents as "feeCents"
    from line_detail
    where run_id = ${runId} and (chunk, position) > (${chunk}, ${position})
    order by chunk, position limit ${limit + 1}`.execute(database.kysely);
  return rows;
}
