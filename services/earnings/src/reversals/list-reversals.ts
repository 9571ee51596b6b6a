import {
  EarningsMonthPathSchema,
  type ReversalRecord,
  ReversalRecordSchema,
  ReversalsPageSchema,
  ReversalsQuerySchema,
} from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../db.ts';
import type { Executor } from '../find-lines.ts';

/** `GET /v1/months/{month}/reversals` (admin): what was taken back of a month, what waits for it, what does not fit. */
export function listReversals(server: Server, context: Context): void {
  server.get(
    '/v1/months/:month/reversals',
    {
      schema: {
        summary: 'What was taken back of a month, and why',
        params: EarningsMonthPathSchema,
        querystring: ReversalsQuerySchema,
        response: { 200: ReversalsPageSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { state, cursor, limit } = request.query;
      const which = { month: request.params.month, state, after: cursor };
      const rows = await readReversals(context.database.kysely, which, limit + 1);
      const page = rows.slice(0, limit);
      return {
        reversals: page.map((row) => row.record),
        nextCursor: rows.length > limit ? (page.at(-1)?.place ?? null) : null,
      };
    },
  );
}

/** Which reversals: one, or those of a month, of a state, after a place. */
export interface WhichReversals {
  readonly reversalId?: string;
  readonly month?: string;
  readonly state?: ReversalRecord['state'] | undefined;
  readonly after?: number | undefined;
}

/** Reversals in the order in which they came. */
export async function readReversals(
  executor: Executor,
  { reversalId, month, state, after }: WhichReversals,
  limit: number,
): Promise<{ record: ReversalRecord; place: number }[]> {
  const { rows } = await sql<{ place: number; at: Date }>`
    select * from (
      select place, reversal_id as "reversalId", kind, settles, user_id as "userId", reversal.month, 'usd' as currency,
        amount_cents as "amountCents", invoice_id as "invoiceId", stripe_id as "stripeId", at,
        case when waiting.reversal_id is null then 'applied' when refused_because is null then 'waiting' else 'refused' end
          as state,
        refused_because as "refusedBecause"
      from reversal left join waiting_reversal as waiting using (reversal_id)
    ) as known
    where (${reversalId ?? null}::uuid is null or "reversalId" = ${reversalId ?? null})
      and (${month ?? null}::text is null or month = ${month ?? null})
      and (${state ?? null}::text is null or state = ${state ?? null})
      and (${after ?? null}::bigint is null or place > ${after ?? null})
    order by place limit ${limit}`.execute(executor);
  return rows.map(({ place, at, ...row }) => ({
    record: ReversalRecordSchema.parse({ ...row, at: at.toISOString() }),
    place,
  }));
}
