import { MonthSchema, type RehearsedPayout, RehearsedPayoutPageSchema } from '@wewrite/contracts';
import { problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context } from './context.ts';

/** Every writer of the latest rehearsal of a month, with what would be paid or why nothing would (D2). */
export function readRehearsedPayouts(server: Server, { database: { kysely } }: Context): void {
  server.get(
    '/v1/months/:month/rehearsed-payouts',
    {
      schema: {
        summary: 'What each writer would get, by the latest rehearsal',
        params: z.object({ month: MonthSchema }),
        querystring: z.strictObject({
          limit: z.coerce.number().int().min(1).max(10_000).default(1_000),
          cursor: z.string().max(400).optional(),
        }),
        response: { 200: RehearsedPayoutPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async ({ params: { month }, query: { limit, cursor = '' } }) => {
      const rehearsal = await kysely
        .selectFrom('rehearsal')
        .select('run_id')
        .where('month', '=', month)
        .where('state', '=', 'judged')
        .executeTakeFirst();
      if (rehearsal === undefined) throw new Refusal('not_found', `No rehearsal of ${month} has judged its writers.`);
      const { rows } = await sql<RehearsedPayout>`
        select user_id as "userId", reason, payable_cents as "payableCents", gross_cents as "grossCents",
          processing_fee_cents as "processingFeeCents", net_cents as "netCents"
        from rehearsed_judgement where run_id = ${rehearsal.run_id} and user_id > ${cursor}
        order by user_id limit ${limit + 1}`.execute(kysely);
      const writers = rows.slice(0, limit);
      return {
        runId: rehearsal.run_id,
        writers,
        nextCursor: rows.length > limit ? (writers.at(-1)?.userId ?? null) : null,
      };
    },
  );
}
