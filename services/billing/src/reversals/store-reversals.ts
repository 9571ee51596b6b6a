import { type Cents, cents, month as monthFrom } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { BillingTransaction } from '../context.ts';
import type { ReversalRow } from '../db.ts';
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

/** What an invoice still funds of each of its months: paid, less what was taken back or is in dispute. */
async function fundedMonths(tx: BillingTransaction, invoiceId: string) {
  const { rows } = await sql<{ month: string; leftCents: Cents }>`
    select month, cents - coalesce((
             select sum(case when kind in ('refund', 'dispute_opened', 'operator') then amount_cents
                             when kind in ('refund_failed', 'dispute_won') then -amount_cents
                             else 0 end)
               from reversal where invoice_id = invoice_month.invoice_id and month = invoice_month.month), 0)::bigint
             as "leftCents"
      from invoice_month where invoice_id = ${invoiceId} and state = 'paid' and cents > 0
     order by month`.execute(tx);
  return rows.map(({ month, leftCents }) => ({ month: monthFrom(month), leftCents }));
}

/** The reversals by a refund or dispute that nothing has undone or concluded yet, by month. */
export async function openReversals(tx: BillingTransaction, objectId: string): Promise<readonly Reversal[]> {
  const { rows } = await sql<ReversalRow & { kind: FactKind; fact_id: string }>`
    select reversal.* from reversal join payment_fact on payment_fact.id = fact_id
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
    budget: row.budget_month === null ? null : { month: monthFrom(row.budget_month), cents: cents(row.budget_cents) },
    at: row.at,
  }));
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
