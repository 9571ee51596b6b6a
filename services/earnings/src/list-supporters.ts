import { EarningsMonthPathSchema, EarningsPageQuerySchema, EarningsSupportersPageSchema } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { decodeCursor, pageOf, UserPlaceSchema } from './cursor.ts';
import type { Context } from './db.ts';
import { findCalculatedRun } from './find-run.ts';

/** Every supporter of the month's chunks, in byte order of user ids. */
export function listSupporters(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/supporters',
    {
      schema: {
        summary: 'All supporters of a month with what became of their budgets',
        params: EarningsMonthPathSchema,
        querystring: EarningsPageQuerySchema,
        response: { 200: EarningsSupportersPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const { runId } = await findCalculatedRun(context, request.params.month);
      const rows = await context.database.kysely
        .selectFrom('supporter_month')
        .select([
          'user_id as userId',
          'paid_cents as budgetCents',
          'funded_cents as fundedCents',
          'unallocated_cents as unallocatedCents',
          'unfunded_cents as unfundedCents',
        ])
        .where('run_id', '=', runId)
        .where('user_id', '>', decodeCursor(UserPlaceSchema, cursor, ''))
        .orderBy('user_id')
        .limit(limit + 1)
        .execute();
      const { page, nextCursor } = pageOf(rows, limit, (row) => row.userId);
      return { supporters: page, nextCursor };
    },
  );
}
