// The budget of a user's month is derived from invoices and subscriptions under the lock of its row, and said whenever it
// differs from what was said before. Whoever commits last sees what the others have committed.
import {
  cents,
  compareUtf8,
  type Funding,
  fundingChanged,
  type MessageOf,
  type Month,
  UserIdSchema,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { holdMonths } from './month-lock.ts';

/** A user's month. */
export interface UserMonth {
  readonly userId: string;
  readonly month: Month;
}

export interface FundingChange {
  readonly userId: string;
  readonly month: Month;
  readonly paidCents: number;
  readonly openCents: number;
  readonly funding: Funding;
  readonly invoiceIds: string[];
  readonly version: number;
}

/**
 * Brings the budgets up to date and says those that changed, and each once, be it of nothing: what nobody has heard of is taken
 * for the month before. Months whose funding is complete stay as they are (B7).
 */
export async function refreshFunding(
  tx: BillingTransaction,
  context: Pick<BillingContext, 'outbox'>,
  userMonths: readonly UserMonth[],
): Promise<void> {
  const closed = await holdMonths(
    tx,
    userMonths.map(({ month }) => month),
  );
  const open = userMonths.filter(({ month }) => !closed.has(month));
  if (open.length === 0) return;
  const userIds = open.map(({ userId }) => userId);
  const months = open.map(({ month }) => month);
  await lockRows(tx, userIds, months);
  const changes = await recompute(tx, userIds, months);
  // The later month first: at no moment is a month known whose money is taken for that of the next, too.
  await sayFunding(
    tx,
    context,
    changes.toSorted((one, other) => compareUtf8(other.month, one.month)),
  );
}

/** Says budgets as they are now; call it while their rows are locked. */
export async function sayFunding(
  tx: BillingTransaction,
  { outbox }: Pick<BillingContext, 'outbox'>,
  changes: readonly FundingChange[],
): Promise<void> {
  const messages = changes.map((change) => ({
    key: change.userId,
    id: idOfCause('funding.changed', change.userId, change.month, change.version),
    body: budgetOf(change),
  }));
  await outbox.emit(tx, fundingChanged, messages);
}

function budgetOf(change: FundingChange): MessageOf<typeof fundingChanged> {
  return {
    part: 'budget',
    ...change,
    userId: UserIdSchema.parse(change.userId),
    paidCents: cents(change.paidCents),
    openCents: cents(change.openCents),
    currency: 'usd',
  };
}

async function lockRows(tx: BillingTransaction, userIds: readonly string[], months: readonly Month[]): Promise<void> {
  await sql`
    insert into funding (user_id, month)
    select distinct user_id collate "C", month from unnest(${userIds}::text[], ${months}::text[]) as wanted (user_id, month)
     order by 1, 2
    on conflict do nothing`.execute(tx);
  await sql`
    select from funding
      join unnest(${userIds}::text[], ${months}::text[]) as wanted (user_id, month) using (user_id, month)
     order by funding.user_id, funding.month
       for update of funding`.execute(tx);
}

/**
 * Paid: what its invoices were paid, less what was taken back of it in time (E7). Open: what the open invoices of a subscription that has not ended come to, and, as
 * long as there is no invoice for the month, the renewal to be expected of a subscription that began before the month and
 * goes on into it.
 */
async function recompute(
  tx: BillingTransaction,
  userIds: readonly string[],
  months: readonly Month[],
): Promise<readonly FundingChange[]> {
  const { rows } = await sql<FundingChange>`
    with wanted as (
      select distinct user_id, month, (month || '-01T00:00:00Z')::timestamptz as begins_at
        from unnest(${userIds}::text[], ${months}::text[]) as wanted (user_id, month)
    ), computed as (
      select wanted.user_id, wanted.month, coalesce(invoiced.paid_cents, 0) + coalesce(reversed.cents, 0) as paid_cents,
             greatest(coalesce(invoiced.open_cents, 0), 0) + coalesce(renewal.cents, 0) as open_cents,
             coalesce(invoiced.invoice_ids, '{}') as invoice_ids
        from wanted
       cross join lateral (
          select sum(cents) filter (where state = 'paid')::bigint as paid_cents,
                 sum(cents) filter (where is_open)::bigint as open_cents,
                 array_agg(invoice_id order by invoice_id) filter (where is_open or state = 'paid') as invoice_ids
            from (
              select invoice_id, cents, invoice_month.state,
                     invoice_month.state = 'open' and subscription.state <> 'ended' as is_open
                from invoice_month join subscription on subscription.id = subscription_id
               where invoice_month.user_id = wanted.user_id and month = wanted.month
            ) as invoiced_month
        ) as invoiced
       cross join lateral (
          select sum(budget_cents)::bigint as cents
            from reversal
           where user_id = wanted.user_id and budget_month = wanted.month
        ) as reversed
       cross join lateral (
          select sum(case when wanted.month >= next_from then next_cents else monthly_cents end)::bigint as cents
            from subscription
           where user_id = wanted.user_id and state in ('active', 'past_due')
             and started_at < wanted.begins_at and (cancel_at is null or cancel_at > wanted.begins_at)
             and not exists (
               select from invoice_month where subscription_id = subscription.id and month = wanted.month)
        ) as renewal
    )
    update funding
       set paid_cents = computed.paid_cents, open_cents = computed.open_cents, invoice_ids = computed.invoice_ids,
           funding = case when computed.open_cents > 0 then 'expected' when computed.paid_cents > 0 then 'paid' else 'none' end,
           version = funding.version + 1
      from computed
     where funding.user_id = computed.user_id and funding.month = computed.month
       and (funding.version = 0 or (funding.paid_cents, funding.open_cents, funding.invoice_ids)
           is distinct from (computed.paid_cents, computed.open_cents, computed.invoice_ids))
    returning funding.user_id as "userId", funding.month, funding.paid_cents as "paidCents",
              funding.open_cents as "openCents", funding.funding, funding.invoice_ids as "invoiceIds", funding.version`.execute(
    tx,
  );
  return rows;
}
