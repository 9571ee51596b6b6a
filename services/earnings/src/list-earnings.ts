import { EarningsHistorySchema, sumCents } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { Context } from './db.ts';
import { projectMonth } from './outlook/project-month.ts';
import { readWriterMonths, type WriterMonth } from './writer-month.ts';

/** A writer's running month as a projection (C3), the own months, newest first, and what they add up to (C4). */
export function listEarnings(server: Server, context: Context): void {
  server.get(
    '/v1/earnings',
    {
      schema: {
        summary: "The writer's earnings: months and totals",
        response: { 200: EarningsHistorySchema, ...problemResponses },
      },
      config: { access: ['writer'] },
    },
    async (request) => {
      const recipientUserId = identityOf(request).userId;
      const projection = await projectMonth(context, recipientUserId);
      const months = await readWriterMonths(context, { recipientUserId });
      const totals = {
        ...sumsOf(months),
        lineCount: months.reduce((sum, month) => sum + month.lineCount, 0),
        reversed: sumsOf(months.map((month) => month.reversed)),
        disputed: sumsOf(months.map((month) => month.disputed)),
      };
      return { currency: 'usd' as const, projection, totals, months: [...months] };
    },
  );
}

function sumsOf(amounts: readonly WriterMonth['reversed'][]): WriterMonth['reversed'] {
  return {
    grossCents: sumCents(amounts.map((amount) => amount.grossCents)),
    platformFeeCents: sumCents(amounts.map((amount) => amount.platformFeeCents)),
    netCents: sumCents(amounts.map((amount) => amount.netCents)),
  };
}
