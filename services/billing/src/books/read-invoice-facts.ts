import { idOfCause } from '@wewrite/service-kit';
import { type Selectable, sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import type { InvoiceMonthRow, InvoiceRow, PaymentRow, ReversalRow } from '../db.ts';

/** An entry of the ledger, and the reversal that it belongs to. */
export interface PostedEntry {
  readonly key: string;
  readonly kind: string;
  readonly month: string;
  readonly debit: string;
  readonly credit: string;
  readonly amountCents: number;
  readonly causeEventId: string | null;
  readonly reversalId: string | null;
}

/** All that billing knows of an invoice. */
export interface InvoiceFacts {
  readonly invoice: Selectable<InvoiceRow>;
  readonly payments: readonly Selectable<PaymentRow>[];
  readonly months: readonly InvoiceMonthRow[];
  readonly reversals: readonly (ReversalRow & { object_id: string | null })[];
  readonly entries: readonly PostedEntry[];
  /** The messages that said reversals, by reversal. */
  readonly messageIds: ReadonlyMap<string, string>;
}

/** Null when there is no such invoice. */
export async function readInvoiceFacts({ database }: BillingContext, id: string): Promise<InvoiceFacts | null> {
  const { kysely } = database;
  const invoice = await kysely.selectFrom('invoice').selectAll().where('id', '=', id).executeTakeFirst();
  if (invoice === undefined) return null;
  const payments = await kysely
    .selectFrom('payment')
    .selectAll()
    .where('invoice_id', '=', id)
    .orderBy('payment_intent_id')
    .execute();
  const months = await kysely
    .selectFrom('invoice_month')
    .selectAll()
    .where('invoice_id', '=', id)
    .orderBy('month')
    .execute();
  const reversals = await kysely
    .selectFrom('reversal')
    .leftJoin('payment_fact', 'payment_fact.id', 'reversal.fact_id')
    .selectAll('reversal')
    .select('object_id')
    .where('reversal.invoice_id', '=', id)
    .orderBy('reversal.at')
    .orderBy('reversal.id')
    .execute();
  const said = reversals.filter(({ budget_month: month, kind }) => month === null && kind !== 'operator');
  return {
    invoice,
    payments,
    months,
    reversals,
    entries: await postedEntries(kysely, invoice, { months, reversals }),
    messageIds: new Map(said.map((reversal) => [reversal.id, idOfCause('payment.reversed', reversal.id)])),
  };
}

/** What the month's lock has taken, by name, and what corrects the payment or a later credit of it, by what it names. */
async function postedEntries(
  kysely: BillingContext['database']['kysely'],
  invoice: Selectable<InvoiceRow>,
  { months, reversals }: Pick<InvoiceFacts, 'months' | 'reversals'>,
): Promise<readonly PostedEntry[]> {
  const locks = months.flatMap(({ month }) =>
    ['allocation_locked', 'unallocated_funds'].map((kind) => `${kind}:${month}:${invoice.user_id}`),
  );
  const brought = [
    ...months.map(({ month }) => `subscription_payment:${invoice.id}:${month}`),
    ...reversals
      .filter(({ kind, settles }) => settles !== null && kind !== 'dispute_lost')
      .map(({ kind, id }) => `${kind}:${id}`),
  ];
  const { rows } = await sql<PostedEntry>`
    select idempotency_key as key, entry.kind, entry.month, debit_account_id as debit, credit_account_id as credit,
           entry.amount_cents as "amountCents", cause_event_id as "causeEventId", reversal.id as "reversalId"
      from ledger_transfer as entry
      left join payment_fact
        on entry.corrects is not null
       and payment_fact.kind = entry.kind and entry.stripe_id in (payment_fact.id, payment_fact.object_id)
      left join reversal on reversal.fact_id = payment_fact.id and reversal.month = entry.month
     where idempotency_key = any (${locks}::text[]) or entry.corrects = any (${brought}::text[])
     order by entry.id`.execute(kysely);
  return rows;
}
