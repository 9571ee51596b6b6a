import { sql } from 'kysely';
import type { BillingTransaction } from '../context.ts';
import type { InvoicePayment, InvoiceReading } from './invoice.ts';

/** A payment of an invoice that was read. */
export interface ReadPayment {
  readonly payment: InvoicePayment;
  readonly reading: InvoiceReading;
}

/**
 * Stores the payments of invoices whose rows are locked, and gives back those whose balance transaction is new: Stripe books
 * it a moment after the payment, and its fee is posted once.
 */
export async function storeNewBalances(
  tx: BillingTransaction,
  readings: readonly InvoiceReading[],
): Promise<readonly ReadPayment[]> {
  const read = readings.flatMap((reading) => reading.payments.map((payment) => ({ payment, reading })));
  if (read.length === 0) return [];
  const column = <Value>(pick: (each: ReadPayment) => Value) => read.map(pick);
  const { rows } = await sql<{ payment_intent_id: string }>`
    with read as (
      select * from unnest(
        ${column(({ payment }) => payment.paymentIntentId)}::text[],
        ${column(({ reading }) => reading.id)}::text[],
        ${column(({ payment }) => payment.chargeId)}::text[],
        ${column(({ payment }) => payment.amountCents)}::bigint[],
        ${column(({ payment }) => payment.balance?.id ?? null)}::text[],
        ${column(({ payment }) => payment.balance?.netCents ?? null)}::bigint[],
        ${column(({ payment }) => payment.balance?.availableOn.toISOString() ?? null)}::timestamptz[]
      ) as read (payment_intent_id, invoice_id, charge_id, amount_cents, balance_transaction_id, net_cents, available_on)
    ), known as (
      select payment_intent_id from payment join read using (payment_intent_id)
       where payment.balance_transaction_id is not null
    ), stored as (
      insert into payment as known
        (payment_intent_id, invoice_id, charge_id, amount_cents, balance_transaction_id, net_cents, available_on)
      select payment_intent_id, invoice_id, charge_id, amount_cents, balance_transaction_id, net_cents, available_on from read
      on conflict (payment_intent_id) do update
         set charge_id = excluded.charge_id, balance_transaction_id = excluded.balance_transaction_id,
             net_cents = excluded.net_cents, available_on = excluded.available_on
       where known.balance_transaction_id is null
    )
    select payment_intent_id from read
     where balance_transaction_id is not null and payment_intent_id not in (select payment_intent_id from known)`.execute(
    tx,
  );
  const fresh = new Set(rows.map((row) => row.payment_intent_id));
  return read.filter(({ payment }) => fresh.has(payment.paymentIntentId));
}
