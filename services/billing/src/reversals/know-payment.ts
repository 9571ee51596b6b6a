import type { BillingContext } from '../context.ts';
import { applyInvoices } from '../funding/apply-invoices.ts';
import { idOf, readInvoice } from '../funding/read-invoice.ts';

/** Takes the invoice of a payment in when it was not heard of yet: a refund may come before what it gives back. */
export async function knowPayment(context: BillingContext, paymentIntentId: string): Promise<void> {
  const known = await context.database.kysely
    .selectFrom('payment')
    .select('invoice_id')
    .where('payment_intent_id', '=', paymentIntentId)
    .executeTakeFirst();
  if (known !== undefined) return;
  const { data } = await context.stripe.call('invoicePayments.list', paymentIntentId, (sdk) =>
    sdk.invoicePayments.list({ payment: { type: 'payment_intent', payment_intent: paymentIntentId }, limit: 1 }),
  );
  const invoiceId = idOf(data[0]?.invoice);
  if (invoiceId === null) return;
  const reading = await readInvoice(context.stripe, invoiceId);
  await context.database.transaction((tx) => applyInvoices(tx, context, [reading]));
}
