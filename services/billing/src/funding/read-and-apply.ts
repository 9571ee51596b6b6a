import type { BillingContext } from '../context.ts';
import { applyInvoices } from './apply-invoices.ts';
import type { InvoiceReading } from './invoice.ts';
import { readInvoice } from './read-invoice.ts';

const parallelReadings = 16;

/** Reads invoices from Stripe, several at a time and outside of transactions, and takes them in by one. Readings in the order of `ids`. */
export async function readAndApply(
  context: BillingContext,
  ids: readonly string[],
): Promise<readonly InvoiceReading[]> {
  const readings = await context.inParallel(ids, parallelReadings, (id) => readInvoice(context.stripe, id));
  await context.database.transaction((tx) => applyInvoices(tx, context, readings));
  return readings;
}
