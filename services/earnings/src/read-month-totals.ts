import { EarningsMonthPathSchema, EarningsMonthTotalsSchema } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from './db.ts';
import { findCalculatedRun } from './find-run.ts';

/** The sums of a month's supporters and writers, added up from their rows when asked for. */
export function readMonthTotals(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/totals',
    {
      schema: {
        summary: "The sums of a month's lines",
        params: EarningsMonthPathSchema,
        response: { 200: EarningsMonthTotalsSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { month } = request.params;
      const run = await findCalculatedRun(context, month);
      const { rows } = await sql<object>`
        select * from (
          select count(*) as "supporterCount", coalesce(sum(paid_cents), 0)::bigint as "budgetCents",
            coalesce(sum(funded_cents), 0)::bigint as "fundedCents",
            coalesce(sum(unallocated_cents), 0)::bigint as "unallocatedCents",
            coalesce(sum(unfunded_cents), 0)::bigint as "unfundedCents"
          from supporter_month where run_id = ${run.runId}
        ) as supporters cross join (
          select count(*) as "writerCount", coalesce(sum(line_count), 0)::bigint as "lineCount",
            coalesce(sum(gross_cents), 0)::bigint as "grossCents",
            coalesce(sum(fee_cents), 0)::bigint as "platformFeeCents",
            coalesce(sum(net_cents), 0)::bigint as "netCents"
          from writer_month where run_id = ${run.runId}
        ) as writers`.execute(context.database.kysely);
      return EarningsMonthTotalsSchema.parse({ month, currency: 'usd', ...run, ...rows[0] });
    },
  );
}
