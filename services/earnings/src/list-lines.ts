import {
  EarningsLinesPageSchema,
  EarningsMonthPathSchema,
  type EarningsPageQuery,
  EarningsPageQuerySchema,
} from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageOf } from './cursor.ts';
import type { Context, Schema } from './db.ts';
import { findCalculatedRun } from './find-run.ts';

// Every line of a month, as reports need them. The order is the one in which they were locked, which is how they lie on
// disk: a page reads little more than itself, however many lines there are.

const PlaceSchema = z.tuple([z.int32().min(0), z.int32().min(0)]);
const start = [0, -1] as [number, number];

export function listLines(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/lines',
    {
      schema: {
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
      return EarningsLinesPageSchema.parse({
        lines: page.map((row) => ({
          lineId: row.line_id,
          month: row.month,
          userId: row.user_id,
          recipientUserId: row.recipient_user_id,
          resourceType: row.resource_type,
          resourceId: row.resource_id,
          usdCents: row.usd_cents,
          fundedCents: row.funded_cents,
          feeCents: row.fee_cents,
        })),
        nextCursor,
      });
    },
  );
}

/** One row more than the page has, from as many chunks as that takes. */
async function readLines(
  { database }: Context,
  runId: string,
  { cursor, limit }: EarningsPageQuery,
): Promise<readonly Schema['line_detail'][]> {
  const [chunk, position] = decodeCursor(PlaceSchema, cursor, start);
  const { rows } = await sql<Schema['line_detail']>`
    with upto as (
      select chunk, sum(line_count) over (order by chunk) as line_count
      from chunk where run_id = ${runId} and chunk >= ${chunk}
    ), last as (
      select coalesce(
        (select min(chunk) from upto where line_count > ${limit}::bigint + ${position}::bigint + 1),
        (select max(chunk) from upto)
      ) as chunk
    )
    select * from line_detail
    where run_id = ${runId} and chunk >= ${chunk} and chunk <= (select chunk from last)
      and (chunk, position) > (${chunk}, ${position})
    order by chunk, position limit ${limit + 1}`.execute(database.kysely);
  return rows;
}
