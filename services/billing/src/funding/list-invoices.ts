// A supporter's invoices with what each of them funds, by Stripe's id.
import {
  type BillingInvoice,
  BillingInvoicesSchema,
  BillingPageQuerySchema,
  cents,
  month as monthFrom,
} from '@wewrite/contracts';
import { identityOf, problemResponses, type Server } from '@wewrite/service-kit';
import type { Selectable } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { InvoiceMonthRow, InvoiceRow } from '../db.ts';

export function listInvoices(server: Server, context: BillingContext): void {
  const { kysely } = context.database;
  server.get(
    '/v1/invoices',
    {
      schema: {
        summary: "The supporter's invoices, the latest first",
        querystring: BillingPageQuerySchema,
        response: { 200: BillingInvoicesSchema, ...problemResponses },
      },
      config: { access: ['supporter'] },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const rows = await kysely
        .selectFrom('invoice')
        .selectAll()
        .where('user_id', '=', identityOf(request).userId)
        .where('id', '>', cursor ?? '')
        .orderBy('id')
        .limit(limit + 1)
        .execute();
      const page = rows.slice(0, limit);
      const months = await kysely
        .selectFrom('invoice_month')
        .selectAll()
        .where('invoice_id', 'in', ['', ...page.map(({ id }) => id)])
        .orderBy('month')
        .execute();
      return {
        invoices: page.map((row) => invoiceOf(row, months)),
        next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  );
}

function invoiceOf(row: Selectable<InvoiceRow>, months: readonly InvoiceMonthRow[]): BillingInvoice {
  return {
    invoiceId: row.id,
    status: row.status,
    currency: 'usd',
    totalCents: cents(row.total_cents),
    paidCents: cents(row.paid_cents),
    createdAt: row.created_at.toISOString(),
    paidAt: row.paid_at?.toISOString() ?? null,
    outcome: row.outcome,
    suspenseReason: row.suspense_reason,
    months: months
      .filter((each) => each.invoice_id === row.id)
      .map((each) => ({ month: monthFrom(each.month), cents: cents(each.cents), state: each.state })),
  };
}
