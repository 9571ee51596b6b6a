import {
  type Cents,
  cents,
  EarningsMonthPathSchema,
  EarningsMonthSchema,
  type EarningsPageQuery,
  EarningsPageQuerySchema,
} from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import { decodeCursor, pageOf } from './cursor.ts';
import type { Context, Schema } from './db.ts';
import { findCalculatedRun } from './find-run.ts';
import { type LineKeys, lineKeys } from './line-key.ts';

// A writer's month with its lines. Supporters are pseudonyms, so neither keys nor the order of lines nor cursors may tell
// who they are: lines come in the order of a keyed hash.

/** Of a calculated run: the fee is known. */
type OrderedLine = Schema['line_detail'] & { readonly fee_cents: Cents; readonly place: string };

const firstPlace = '';

export function readEarnings(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/earnings/:month',
    {
      schema: {
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
      const amounts = await readAmounts(context, { runId, recipientUserId });
      if (amounts === undefined) throw new Refusal('not_found', `You have no earnings in ${month}.`);
      const rows = await readLines(context, { runId, recipientUserId, orderKey: keys.orderKey(runId) }, request.query);
      const { page, nextCursor } = pageOf(rows, request.query.limit, (row) => row.place);
      const lines = page.map((row) => disguised(row, keys));
      return { month, currency: 'usd' as const, feeBasisPoints, ...amounts, lines, nextCursor };
    },
  );
}

function disguised(row: OrderedLine, keys: LineKeys) {
  return {
    lineKey: keys.lineKey(row.line_id),
    supporter: keys.pseudonym({ userId: row.user_id, recipientUserId: row.recipient_user_id }),
    resourceType: row.resource_type,
    resourceId: row.resource_id,
    usdCents: row.usd_cents,
    fundedCents: row.funded_cents,
    feeCents: row.fee_cents,
    netCents: cents(row.funded_cents - row.fee_cents),
    status: row.status,
  };
}

function readAmounts({ database }: Context, of: { runId: string; recipientUserId: string }) {
  return database.kysely
    .selectFrom('writer_month')
    .select([
      'gross_cents as grossCents',
      'fee_cents as platformFeeCents',
      'net_cents as netCents',
      'line_count as lineCount',
    ])
    .where('run_id', '=', of.runId)
    .where('recipient_user_id', '=', of.recipientUserId)
    .executeTakeFirst();
}

/** One row more than the page has. */
async function readLines(
  { database }: Context,
  of: { runId: string; recipientUserId: string; orderKey: string },
  { cursor, limit }: EarningsPageQuery,
): Promise<readonly OrderedLine[]> {
  const after = decodeCursor(z.hex(), cursor, firstPlace);
  const { rows } = await sql<OrderedLine>`
    select * from (
      select *, encode(sha256(convert_to(${of.orderKey} || line_id, 'UTF8')), 'hex') collate "C" as place
      from line_detail where run_id = ${of.runId} and recipient_user_id = ${of.recipientUserId}
    ) as own
    where place > ${after}
    order by place limit ${limit + 1}`.execute(database.kysely);
  return rows;
}
