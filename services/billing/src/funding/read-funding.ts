// A supporter's budget of a month, as it was last said.
import { BillingFundingQuerySchema, BillingFundingSchema, cents, monthOf } from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';

export function readFunding(server: Server, context: BillingContext): void {
  const { kysely } = context.database;
  server.get(
    '/v1/funding',
    {
      schema: {
        summary: "The supporter's budget of a month: what is paid, and what is open",
        querystring: BillingFundingQuerySchema,
        response: { 200: BillingFundingSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const month = request.query.month ?? monthOf(context.clock.now());
      const [row, close] = await Promise.all([
        kysely
          .selectFrom('funding')
          .selectAll()
          .where('user_id', '=', identityOf(request).userId)
          .where('month', '=', month)
          .executeTakeFirst(),
        kysely.selectFrom('funding_close').select('month').where('month', '=', month).executeTakeFirst(),
      ]);
      return {
        month,
        currency: 'usd' as const,
        paidCents: cents(row?.paid_cents ?? 0),
        openCents: cents(row?.open_cents ?? 0),
        funding: row?.funding ?? 'none',
        invoiceIds: row?.invoice_ids ?? [],
        version: row?.version ?? 0,
        closed: close !== undefined,
      };
    },
  );
}
