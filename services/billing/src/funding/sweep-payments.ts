// What an event should have told and did not: fees that Stripe has booked, money that became available, top-ups.
import type { Schedule } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';
import { makeFundsAvailable } from './make-funds-available.ts';
import { readAndApply } from './read-and-apply.ts';
import { recordTopUps } from './record-top-ups.ts';

const batchInvoices = 100;

export function sweepPayments(context: BillingContext): Schedule {
  return {
    name: 'sweep_payments',
    cron: '0 * * * *',
    catchUp: 'latest',
    run: async () => {
      await readUnbookedPayments(context);
      await makeFundsAvailable(context, context.clock.now());
      await recordTopUps(context, context.clock.now());
    },
  };
}

/** Reads the invoices again whose payments had no balance transaction when they were read. */
async function readUnbookedPayments(context: BillingContext): Promise<void> {
  let after: string | undefined = '';
  while (after !== undefined) {
    const rows = await context.database.kysely
      .selectFrom('payment')
      .select('invoice_id')
      .distinct()
      .where('balance_transaction_id', 'is', null)
      .where('invoice_id', '>', after)
      .orderBy('invoice_id')
      .limit(batchInvoices)
      .execute();
    if (rows.length === 0) return;
    await readAndApply(
      context,
      rows.map((row) => row.invoice_id),
    );
    after = rows.at(-1)?.invoice_id;
  }
}
