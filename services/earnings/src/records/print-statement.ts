import { EarningsMonthPathSchema } from '@wewrite/contracts';
import { identityOf, problemResponses, Refusal, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { Context } from '../db.ts';
import { findCalculatedRun } from '../find-run.ts';
import { readWriterHolds } from '../holds/list-holds.ts';
import { lineKeys } from '../line-key.ts';
import { readWriterMonths } from '../writer-month.ts';
import { type StatementRow, statementPage, statementPolicy } from './statement-page.ts';

/** What OpenAPI says of the answer, which is a page. */
const PageSchema = z.unknown().meta({ type: 'string', description: 'text/html' });

/** `GET /v1/earnings/{month}/statement`: a writer's month as a page to print or to keep. */
export function printStatement(server: Server, context: Context): void {
  const keys = lineKeys(context.config.LINE_KEY_SECRET);
  server.get(
    '/v1/earnings/:month/statement',
    {
      schema: {
        summary: "A month's statement, to be printed",
        params: EarningsMonthPathSchema,
        response: { 200: PageSchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request, reply) => {
      const { month } = request.params;
      const recipientUserId = identityOf(request).userId;
      const { runId, feeBasisPoints } = await findCalculatedRun(context, month);
      const [amounts] = await readWriterMonths(context, { recipientUserId, runId });
      if (amounts === undefined) throw new Refusal('not_found', `You have no earnings in ${month}.`);
      const rows = await readRows(context, { runId, recipientUserId });
      const holds = await readWriterHolds(context, { runId, recipientUserId, keys });
      reply.headers({
        'content-type': 'text/html; charset=utf-8',
        'content-security-policy': statementPolicy,
        'x-content-type-options': 'nosniff',
        'referrer-policy': 'no-referrer',
        'cache-control': 'no-store',
      });
      return reply.send(statementPage({ recipientUserId, month, feeBasisPoints, amounts, rows, holds }));
    },
  );
}

async function readRows(
  { database }: Context,
  { runId, recipientUserId }: { readonly runId: string; readonly recipientUserId: string },
): Promise<readonly StatementRow[]> {
  const { rows } = await sql<StatementRow>`
    select resource_type as "resourceType", resource_id as "resourceId", count(*) as "supporterCount",
      sum(funded_cents)::bigint as "grossCents", sum(fee_cents)::bigint as "feeCents"
    from line_detail where run_id = ${runId} and recipient_user_id = ${recipientUserId} and funded_cents > 0
    group by resource_type, resource_id order by resource_type, resource_id`.execute(database.kysely);
  return rows;
}
