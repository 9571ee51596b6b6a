// What the platform earned by month and source, next to what Stripe took, and what of it has gone to its bank (B8).
import { BillingRevenueSchema, cents, month as monthFrom } from '@wewrite/contracts';
import { balanceOf } from '@wewrite/ledger';
import { problemResponses, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { RevenueWithdrawalState } from '../db.ts';

interface MonthRow {
  readonly month: string;
  readonly feesCents: number;
  readonly unallocatedCents: number;
  readonly processingCents: number;
  readonly stripeCents: number;
  readonly disputesCents: number;
  readonly writeOffsCents: number;
}

/** What the platform earns by, and what that costs it. */
const accounts = [
  'platform_revenue:fees',
  'platform_revenue:unallocated',
  'platform_revenue:processing',
  'stripe:fees',
  'losses:disputes',
  'losses:write_offs',
] as const;

export function readRevenue(server: Server, context: BillingContext): void {
  const { kysely } = context.database;
  server.get(
    '/v1/revenue',
    {
      schema: {
        summary: "The platform's revenue by month and source",
        response: { 200: BillingRevenueSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async () => {
      const rows = await kysely.selectFrom('revenue_withdrawal').selectAll().orderBy('month').execute();
      return {
        months: (await revenueByMonth(context)).map(monthOfRevenue),
        withdrawnCents: await balanceOf(kysely, 'platform:bank'),
        withdrawals: rows.map((row) => ({
          month: monthFrom(row.month),
          state: shown(row.state),
          amountCents: cents(row.amount_cents),
          stripeId: row.stripe_id,
          failure: row.failure,
        })),
      };
    },
  );
}

function shown(
  state: RevenueWithdrawalState,
): Exclude<RevenueWithdrawalState, 'sending' | 'look_up' | 'look_up_again'> | 'unclear' {
  if (state === 'sending') return 'pending';
  return state === 'look_up' || state === 'look_up_again' ? 'unclear' : state;
}

function monthOfRevenue(row: MonthRow) {
  const { feesCents, unallocatedCents, processingCents, stripeCents, disputesCents, writeOffsCents } = row;
  return {
    month: monthFrom(row.month),
    currency: 'usd' as const,
    platformFeesCents: cents(feesCents),
    unallocatedCents: cents(unallocatedCents),
    processingFeesCents: cents(processingCents),
    stripeFeesCents: cents(stripeCents),
    disputeLossesCents: cents(disputesCents),
    writeOffsCents: cents(writeOffsCents),
    netCents: cents(feesCents + unallocatedCents + processingCents - stripeCents - disputesCents - writeOffsCents),
  };
}

/** Credits of each source of income and debits of each expense, less what was taken back. */
async function revenueByMonth({ database }: BillingContext): Promise<readonly MonthRow[]> {
  const credited = (account: (typeof accounts)[number]) =>
    sql`coalesce(sum(credited_cents) filter (where account_id = ${account}), 0)::bigint`;
  const { rows } = await sql<MonthRow>`
    with posted as (
      select month, credit_account_id as account_id, amount_cents as credited_cents from ledger_transfer
       where credit_account_id = any (${accounts}::text[])
      union all
      select month, debit_account_id, -amount_cents from ledger_transfer
       where debit_account_id = any (${accounts}::text[])
    )
    select month, ${credited('platform_revenue:fees')} as "feesCents",
           ${credited('platform_revenue:unallocated')} as "unallocatedCents",
           ${credited('platform_revenue:processing')} as "processingCents",
           -${credited('stripe:fees')} as "stripeCents", -${credited('losses:disputes')} as "disputesCents",
           -${credited('losses:write_offs')} as "writeOffsCents"
      from posted group by month order by month`.execute(database.kysely);
  return rows;
}
