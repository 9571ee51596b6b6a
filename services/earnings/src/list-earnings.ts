import { EarningsHistorySchema, sumCents } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { Context } from './db.ts';

/** A writer's own months, newest first, and what they add up to (C4). */
export function listEarnings(server: Server, context: Context): void {
  server.get(
    '/v1/earnings',
    { schema: { response: { 200: EarningsHistorySchema, ...problemResponses } }, config: { access: ['writer'] } },
    async (request) => {
      const months = await readMonths(context, identityOf(request).userId);
      const totals = {
        grossCents: sumCents(months.map((month) => month.grossCents)),
        platformFeeCents: sumCents(months.map((month) => month.platformFeeCents)),
        netCents: sumCents(months.map((month) => month.netCents)),
        lineCount: months.reduce((sum, month) => sum + month.lineCount, 0),
      };
      return { currency: 'usd' as const, totals, months };
    },
  );
}

function readMonths({ database }: Context, userId: string) {
  return database.kysely
    .selectFrom('run')
    .innerJoin('writer_month', 'writer_month.run_id', 'run.run_id')
    .select([
      'run.month as month',
      'writer_month.gross_cents as grossCents',
      'writer_month.fee_cents as platformFeeCents',
      'writer_month.net_cents as netCents',
      'writer_month.line_count as lineCount',
    ])
    .where('writer_month.recipient_user_id', '=', userId)
    .where('run.kind', '=', 'close')
    .where('run.state', '=', 'calculated')
    .orderBy('run.month', 'desc')
    .execute();
}
