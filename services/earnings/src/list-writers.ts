import { EarningsMonthPathSchema, EarningsPageQuerySchema, EarningsWritersPageSchema } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { decodeCursor, pageOf, UserPlaceSchema } from './cursor.ts';
import type { Context } from './db.ts';
import { findCalculatedRun } from './find-run.ts';

/** Every writer with a line in the month, in byte order of user ids, also those whose lines are all unfunded. */
export function listWriters(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/writers',
    {
      schema: {
        summary: 'All writers of a month with their earnings',
        params: EarningsMonthPathSchema,
        querystring: EarningsPageQuerySchema,
        response: { 200: EarningsWritersPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const { runId } = await findCalculatedRun(context, request.params.month);
      const rows = await context.database.kysely
        .selectFrom('writer_month')
        .select([
          'recipient_user_id as userId',
          'gross_cents as grossCents',
          'fee_cents as platformFeeCents',
          'net_cents as netCents',
          'line_count as lineCount',
        ])
        .where('run_id', '=', runId)
        .where('recipient_user_id', '>', decodeCursor(UserPlaceSchema, cursor, ''))
        .orderBy('recipient_user_id')
        .limit(limit + 1)
        .execute();
      const { page, nextCursor } = pageOf(rows, limit, (row) => row.userId);
      return { writers: page, nextCursor };
    },
  );
}
