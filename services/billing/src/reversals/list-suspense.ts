// E1, E7, C6: what came into suspense and why, and what has left it again, for administrators.
import { BillingPageQuerySchema, type BillingSuspenseEntry, BillingSuspenseSchema, cents } from '@wewrite/contracts';
import { balanceOf } from '@wewrite/ledger';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { RefundOrder } from '../db.ts';
import { returnedCents, returnedOfOrder } from './left-of-suspense.ts';
import { orderShown } from './list-refund-orders.ts';

export function listSuspense(server: Server, context: BillingContext): void {
  const { kysely } = context.database;
  server.get(
    '/v1/suspense',
    {
      schema: {
        summary: 'Money that nobody could be credited with yet',
        querystring: BillingPageQuerySchema,
        response: { 200: BillingSuspenseSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { cursor, limit } = request.query;
      const rows = await findEntries(context, cursor ?? '', limit + 1);
      const page = rows.slice(0, limit);
      const orders = await kysely
        .selectFrom('refund_order')
        .selectAll()
        .where('invoice_id', 'in', ['', ...page.map(({ invoiceId }) => invoiceId)])
        .orderBy('id')
        .execute();
      return {
        currency: 'usd' as const,
        suspenseCents: await balanceOf(kysely, 'suspense'),
        entries: page.map((row) => entryOf(row, orders)),
        next: rows.length > limit ? (page.at(-1)?.id ?? null) : null,
      };
    },
  );
}

interface EntryRow {
  readonly id: string;
  readonly invoiceId: string;
  readonly userId: string | null;
  readonly reason: string;
  readonly receivedCents: number;
  readonly returnedCents: number;
  readonly receivedAt: Date;
}

/** Invoices whose money fits no month, and refunds that operators caused; by id. */
async function findEntries({ database }: BillingContext, after: string, limit: number): Promise<readonly EntryRow[]> {
  const { rows } = await sql<EntryRow>`
    select * from (
    (select id, id as "invoiceId", user_id as "userId", suspense_reason as reason, paid_cents as "receivedCents",
            coalesce(paid_at, created_at) as "receivedAt",
            (select ${returnedCents}::bigint from payment_fact where invoice_id = invoice.id) as "returnedCents"
       from invoice where outcome = 'suspended' and id > ${after} order by id limit ${limit})
    union all
    (select refund_order.id::text, refund_order.invoice_id, invoice.user_id, reason, reversal.amount_cents, requested_at,
            ${returnedOfOrder}::bigint
       from refund_order join invoice on invoice.id = refund_order.invoice_id join reversal on reversal.id = refund_order.id
      where reason = 'operator' and refund_order.id::text collate "C" > ${after}
      order by refund_order.id::text collate "C" limit ${limit})
    ) as entry order by id collate "C" limit ${limit}`.execute(database.kysely);
  return rows;
}

function entryOf(row: EntryRow, orders: readonly RefundOrder[]): BillingSuspenseEntry {
  const own = orders.filter(({ id, invoice_id: invoiceId, reason }) =>
    row.reason === 'operator' ? id === row.id : invoiceId === row.invoiceId && reason === 'paid_late',
  );
  return {
    id: row.id,
    invoiceId: row.invoiceId,
    userId: row.userId,
    reason: row.reason,
    receivedCents: cents(row.receivedCents),
    returnedCents: cents(row.returnedCents),
    receivedAt: row.receivedAt.toISOString(),
    refunds: own.map(orderShown),
  };
}
