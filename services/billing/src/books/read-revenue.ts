// What the platform earned by month and source, next to what Stripe took.
import { BillingRevenueSchema, cents, month as monthFrom } from '@wewrite/contracts';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext } from '../context.ts';

interface MonthRow {
  readonly month: string;
  readonly feesCents: number;
  readonly unallocatedCents: number;
  readonly processingCents: number;
  readonly stripeCents: number;
}

export function readRevenue(server: Server, context: BillingContext): void {
  server.get(
    '/v1/revenue',
    {
      schema: { response: { 200: BillingRevenueSchema, ...problemResponses } },
      config: { access: ['admin'] },
    },
    async () => ({ months: (await revenueByMonth(context)).map(monthOfRevenue) }),
  );
}

function monthOfRevenue(row: MonthRow) {
  const { feesCents, unallocatedCents, processingCents, stripeCents } = row;
  return {
    month: monthFrom(row.month),
    currency: 'usd' as const,
    platformFeesCents: cents(feesCents),
    unallocatedCents: cents(unallocatedCents),
    processingFeesCents: cents(processingCents),
    stripeFeesCents: cents(stripeCents),
    netCents: cents(feesCents + unallocatedCents + processingCents - stripeCents),
  };
}

/** Credits of each source of income, and debits of Stripe's fees, less what was taken back. */
async function revenueByMonth({ database }: BillingContext): Promise<readonly MonthRow[]> {
  const { rows } = await sql<MonthRow>`
    with posted as (
      select month, credit_account_id as account_id, amount_cents as credited_cents from ledger_transfer
       where credit_account_id in
         ('platform_revenue:fees', 'platform_revenue:unallocated', 'platform_revenue:processing', 'stripe:fees')
      union all
      select month, debit_account_id, -amount_cents from ledger_transfer
       where debit_account_id in
         ('platform_revenue:fees', 'platform_revenue:unallocated', 'platform_revenue:processing', 'stripe:fees')
    )
    select month,
           coalesce(sum(credited_cents) filter (where account_id = 'platform_revenue:fees'), 0)::bigint as "feesCents",
           coalesce(sum(credited_cents) filter (where account_id = 'platform_revenue:unallocated'), 0)::bigint as "unallocatedCents",
           coalesce(sum(credited_cents) filter (where account_id = 'platform_revenue:processing'), 0)::bigint as "processingCents",
           coalesce(-sum(credited_cents) filter (where account_id = 'stripe:fees'), 0)::bigint as "stripeCents"
      from posted group by month order by month`.execute(database.kysely);
  return rows;
}
