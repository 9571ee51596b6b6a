import { cents, EarningsMonthPathSchema, EarningsMonthSchema, EarningsPageQuerySchema } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageOf } from './cursor.ts';
import type { Context } from './db.ts';
import { findCalculatedRun } from './find-run.ts';
import { readWriterHolds } from './holds/list-holds.ts';
import { type Line, lineColumns } from './line.ts';
import { type LineKeys, lineKeys } from './line-key.ts';
import { readWriterMonths, reversalsOf } from './writer-month.ts';

// A writer's month with its lines. Supporters are pseudonyms, so neither keys nor the order of lines nor cursors may tell
// who they are: lines come in the order of a keyed hash.

type OrderedLine = Line & { readonly place: string };

const firstPlace = '';

export function readEarnings(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/earnings/:month',
    {
      schema: {
        summary: "A month's earnings, line by line, with fees",
        params: EarningsMonthPathSchema,
        querystring: EarningsPageQuerySchema,
        response: { 200: EarningsMonthSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const { month } = request.params;
      const recipientUserId = identityOf(request).userId;
      const { runId, feeBasisPoints } = await findCalculatedRun(context, month);
      const [amounts] = await readWriterMonths(context, { runId, recipientUserId });
      if (amounts === undefined) throw new Refusal('not_found', `You have no earnings in ${month}.`);
      const { cursor, limit } = request.query;
      const of = { runId, recipientUserId, orderKey: keys.orderKey(runId) };
      const after = decodeCursor(z.hex(), cursor, firstPlace);
      const rows = await readOrderedLines(context, of, { after, limit: limit + 1 });
      const { page, nextCursor } = pageOf(rows, limit, (row) => row.place);
      const lines = page.map((row) => disguised(row, keys));
      const holds = await readWriterHolds(context, { runId, recipientUserId, keys });
      return { ...amounts, currency: 'usd' as const, feeBasisPoints, holds, lines, nextCursor };
    },
  );
}

/** A line as its writer sees it: under a key, of a pseudonym (C4). */
export function disguised(line: OrderedLine, keys: LineKeys) {
  const { recipientUserId, userId, resourceType, resourceId, usdCents, fundedCents, feeCents, status } = line;
  return {
    lineKey: keys.lineKey(line.lineId),
    supporter: keys.pseudonym({ userId, recipientUserId }),
    resourceType,
    resourceId,
    usdCents,
    fundedCents,
    feeCents,
    netCents: cents(fundedCents - feeCents),
    ...reversalsOf(line),
    status,
  };
}

/** Whose lines of which run, and the key of their order. */
export interface OrderedLinesOf {
  readonly runId: string;
  readonly recipientUserId: string;
  readonly orderKey: string;
}

/** So many of a writer's lines after a place, in an order that tells nothing of the supporters. */
export async function readOrderedLines(
  { database }: Context,
  of: OrderedLinesOf,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<readonly OrderedLine[]> {
  const { rows } = await sql<OrderedLine>`
    select ${lineColumns}, place from (
      select *, encode(sha256(convert_to(${of.orderKey} || line_id, 'UTF8')), 'hex') collate "C" as place
      from line_state where run_id = ${of.runId} and recipient_user_id = ${of.recipientUserId}
    ) as own
    where place > ${after}
    order by place limit ${limit}`.execute(database.kysely);
  return rows;
}
