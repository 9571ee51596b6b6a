import { type Cents, cents, month as monthFrom, zeroCents } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { BillingTransaction } from '../context.ts';
import type { ReversalRow } from '../db.ts';
import { lostOfSuspense, refundedCents } from './left-of-suspense.ts';
import type { FactKind } from './payment-fact.ts';
import type { PaidInvoice, Reversal } from './reversal.ts';

/**
 * Locks the payment's supporter, whose reversals are then said one after another, and its invoice; gives what the invoice
 * still funds. Null for a payment of no invoice.
 */
export async function lockPaidInvoice(tx: BillingTransaction, paymentIntentId: string): Promise<PaidInvoice | null> {
  const { rows } = await sql<{ id: string; userId: string | null; outcome: 'funded' | 'suspended' | null }>`
    select invoice.id, invoice.user_id as "userId", outcome
      from payment join invoice on invoice.id = payment.invoice_id
     where payment_intent_id = ${paymentIntentId}`.execute(tx);
  const [invoice] = rows;
  if (invoice === undefined) return null;
  const { id, userId, outcome } = invoice;
  await sql`select from customer where user_id = ${userId} for no key update`.execute(tx);
  await sql`select from invoice where id = ${id} for no key update`.execute(tx);
  if (outcome !== 'funded' || userId === null) return { id, funded: null };
  return { id, funded: { userId, months: await fundedMonths(tx, id) } };
}

/**
 * What an invoice still funds, in SQL: a query of parts (`invoice_id`, `month`, `cents`) whose sums by month are what was paid,
 * less what was taken back or is in dispute. What comes back too late for its own month is of the one that it was credited to.
 */
export const fundedParts = sql`
  select invoice_id, month, cents from invoice_month where state = 'paid' and cents > 0
  union all
  select invoice_id, month, -amount_cents from reversal where kind in ('refund', 'dispute_opened', 'operator')
  union all
  select invoice_id, coalesce(budget_month, month), amount_cents from reversal where kind in ('refund_failed', 'dispute_won')`;

/**
 * The entry that brought the money of an invoice's month, which each of its reversals corrects, in SQL over an alias with
 * `invoice_id` and `month`: the payment of that month, or what credited the month when the payment was of another one.
 */
export function broughtBy(alias: 'reversal' | 'funded') {
  const invoiceId = sql.ref(`${alias}.invoice_id`);
  const month = sql.ref(`${alias}.month`);
  return sql`coalesce(
    (select 'subscription_payment:' || paid.invoice_id || ':' || paid.month from invoice_month as paid
      where paid.invoice_id = ${invoiceId} and paid.month = ${month} and paid.state = 'paid' and paid.cents > 0),
    (select credit.kind || ':' || credit.id from reversal as credit
      where credit.invoice_id = ${invoiceId} and credit.budget_month = ${month} and credit.budget_month <> credit.month
        and credit.kind in ('refund_failed', 'dispute_won')
      order by credit.at, credit.id limit 1))`;
}

async function fundedMonths(tx: BillingTransaction, invoiceId: string) {
  const { rows } = await sql<{ month: string; leftCents: Cents; broughtBy: string }>`
    select month, left_cents as "leftCents", ${broughtBy('funded')} as "broughtBy"
      from (select invoice_id, month, sum(cents)::bigint as left_cents from (${fundedParts}) as part
             where invoice_id = ${invoiceId}
             group by invoice_id, month having sum(cents) > 0) as funded
     order by month`.execute(tx);
  return rows.map((row) => ({ ...row, month: monthFrom(row.month) }));
}

/** The reversals by a refund or dispute that nothing has undone or concluded yet, by month. */
export async function openReversals(tx: BillingTransaction, objectId: string): Promise<readonly Reversal[]> {
  const { rows } = await sql<ReversalRow & { kind: FactKind; fact_id: string; brought_by: string }>`
    select reversal.*, ${broughtBy('reversal')} as brought_by from reversal join payment_fact on payment_fact.id = fact_id
     where object_id = ${objectId} and reversal.kind in ('refund', 'dispute_opened')
       and not exists (select from reversal as settling where settling.settles = reversal.id)
     order by month`.execute(tx);
  return rows.map((row) => ({
    id: row.id,
    kind: row.kind,
    factId: row.fact_id,
    settles: row.settles,
    invoiceId: row.invoice_id,
    userId: row.user_id,
    month: monthFrom(row.month),
    amountCents: cents(row.amount_cents),
    broughtBy: row.brought_by,
    budget: row.budget_month === null ? null : { month: monthFrom(row.budget_month), cents: cents(row.budget_cents) },
    at: row.at,
  }));
}

/** What a dispute has withdrawn since it was last concluded, by the facts that were applied before this one. */
export async function disputedBefore(
  tx: BillingTransaction,
  { id, objectId }: { readonly id: string; readonly objectId: string },
): Promise<Cents> {
  const { rows } = await sql<{ disputedCents: Cents }>`
    select coalesce(sum(amount_cents), 0)::bigint as "disputedCents" from payment_fact as opened
     where object_id = ${objectId} and kind = 'dispute_opened' and id <> ${id}
       and not exists (
         select from payment_fact as ended
          where ended.object_id = opened.object_id and ended.kind in ('dispute_won', 'dispute_lost')
            and ended.place > opened.place and ended.id <> ${id})`.execute(tx);
  return rows[0]?.disputedCents ?? zeroCents;
}

/**
 * What of a payment is in suspense: of one that fitted no month all, else what operators ordered of it; less what has gone
 * back, and what a lost dispute took before.
 */
export async function suspendedBefore(tx: BillingTransaction, paymentIntentId: string): Promise<Cents> {
  const { rows } = await sql<{ suspendedCents: Cents }>`
    select (case outcome when 'suspended' then payment.amount_cents else (
              select coalesce(sum(reversal.amount_cents), 0) from refund_order join reversal using (id)
               where refund_order.invoice_id = payment.invoice_id and reason = 'operator'
                 and refund_order.payment_intent_id = payment.payment_intent_id) end
            - (select ${refundedCents} from payment_fact
                where payment_fact.payment_intent_id = payment.payment_intent_id
                  and (outcome = 'suspended' or refund_order_id is not null))
            - ${lostOfSuspense('payment')})::bigint as "suspendedCents"
      from payment join invoice on invoice.id = payment.invoice_id
     where payment.payment_intent_id = ${paymentIntentId}`.execute(tx);
  return cents(Math.max(0, rows[0]?.suspendedCents ?? 0));
}

/** Adds reversals; each is decided once. */
export async function writeReversals(tx: BillingTransaction, reversals: readonly Reversal[]): Promise<void> {
  if (reversals.length === 0) return;
  await tx
    .insertInto('reversal')
    .values(
      reversals.map(({ id, kind, factId, settles, invoiceId, userId, month, amountCents, budget, at }) => ({
        id,
        kind,
        fact_id: factId,
        settles,
        invoice_id: invoiceId,
        user_id: userId,
        month,
        amount_cents: amountCents,
        budget_month: budget?.month ?? null,
        budget_cents: budget?.cents ?? 0,
        at,
      })),
    )
    .execute();
}
