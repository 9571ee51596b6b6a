import { fundingChanged, type MessageOf, type Month } from '@wewrite/contracts';
import { afterCommit, type Hearing, hears } from '@wewrite/service-kit';
import { sql, type Transaction } from 'kysely';
import type { Context, Schema } from './db.ts';
import { notifyOfPlans } from './plan-feed.ts';

type FundingMessage = MessageOf<typeof fundingChanged>;
type BudgetMessage = Extract<FundingMessage, { part: 'budget' }>;
type ClosingMessage = Extract<FundingMessage, { part: 'closing' }>;

/**
 * Keeps a copy of the budgets, so that nobody waits for billing to allocate (A5). Newer versions apply; the budgets of a
 * month whose lock has begun stay as they are (B6).
 */
export function applyFunding(context: Context): Hearing<Schema> {
  return hears<Schema, typeof fundingChanged>(fundingChanged, async (tx, messages) => {
    const budgets: BudgetMessage[] = [];
    const closings: ClosingMessage[] = [];
    for (const { body } of messages) {
      if (body.part === 'budget') budgets.push(body);
      else closings.push(body);
    }
    const frozen = await frozenMonths(tx, [...new Set(messages.map(({ body }) => body.month))].sort());
    const late = [...budgets, ...closings].filter((message) => frozen.has(message.month));
    if (late.length > 0) {
      context.log.error({ months: [...frozen], messages: late.length }, 'funding of a locked month is not applied');
    }
    await applyBudgets(
      tx,
      budgets.filter((budget) => !frozen.has(budget.month)),
    );
    await applyClosings(
      tx,
      closings.filter((closing) => !frozen.has(closing.month)),
    );
    afterCommit(tx, () => context.wake('lock_month'));
  });
}

/** The months that are locked or being locked; a lock cannot begin before this transaction has ended. */
async function frozenMonths(tx: Transaction<Schema>, months: readonly Month[]): Promise<ReadonlySet<Month>> {
  const { rows } = await sql<{ month: Month; state: string }>`
    select month, state from month_close where month = any(${months}) order by month for share`.execute(tx);
  return new Set(rows.filter((row) => row.state !== 'waiting_for_funding').map((row) => row.month));
}

async function applyBudgets(tx: Transaction<Schema>, budgets: readonly BudgetMessage[]): Promise<void> {
  if (budgets.length === 0) return;
  await sql`
    with applied as (
      insert into budget (month, user_id, paid_cents, open_cents, funding, invoice_ids, version)
      select distinct on (month, "userId") month, "userId", "paidCents", "openCents", funding, "invoiceIds", version
      from json_to_recordset(${JSON.stringify(budgets)}::json) as message (
        month text collate "C", "userId" text collate "C", "paidCents" bigint, "openCents" bigint, funding text,
        "invoiceIds" text[], version bigint
      )
      order by month, "userId", version desc
      on conflict (month, user_id) do update set
        paid_cents = excluded.paid_cents, open_cents = excluded.open_cents, funding = excluded.funding,
        invoice_ids = excluded.invoice_ids, version = excluded.version
      where budget.version < excluded.version
      returning user_id
    )
    ${notifyOfPlans(sql`select distinct user_id from applied`)}`.execute(tx);
}

async function applyClosings(tx: Transaction<Schema>, closings: readonly ClosingMessage[]): Promise<void> {
  for (const closing of closings) {
    await sql`
      insert into funding_closing (month, supporters, paid_cents, hash)
      values (${closing.month}, ${closing.supporters}, ${closing.paidCents}, ${closing.hash})
      on conflict (month) do update set
        supporters = excluded.supporters, paid_cents = excluded.paid_cents, hash = excluded.hash`.execute(tx);
  }
}
