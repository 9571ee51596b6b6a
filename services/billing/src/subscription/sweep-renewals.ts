// E6: after a month's turn what is live at Stripe and here is compared, and every subscription with its invoice of the month.
// What an event should have told is read and applied; what Stripe does not have, or we do not know, is reported.
import { BillingSweepSchema, cutoffOf, firstInstantOf, type Month, MonthSchema, monthOf } from '@wewrite/contracts';
import { problemResponses, Refusal, type Schedule, type Server } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { z } from 'zod';
import type { BillingContext } from '../context.ts';
import { applyInvoices } from '../funding/apply-invoices.ts';
import { type InvoiceReading, monthsOf } from '../funding/invoice.ts';
import { readAndApply } from '../funding/read-and-apply.ts';
import { readInvoice } from '../funding/read-invoice.ts';
import { refusalOf } from '../stripe/refusal-of.ts';
import { secondsOf } from '../stripe/seconds.ts';
import { compareSubscriptions } from './compare-subscriptions.ts';

type Sweep = z.output<typeof BillingSweepSchema>;

const batchSubscriptions = 100;
const parallelReadings = 16;
const wholePage = 100;

/** `POST /v1/months/{month}/sweep`, and by itself three hours into each month, when renewals have been collected. */
export function sweepMonths(server: Server, context: BillingContext): void {
  server.post(
    '/v1/months/:month/sweep',
    {
      schema: {
        summary: 'Ask Stripe about every renewal of a month again',
        params: z.object({ month: MonthSchema }),
        response: { 200: BillingSweepSchema, ...problemResponses },
      },
      config: { access: ['admin'] },
    },
    async (request) => {
      const { month } = request.params;
      if (month > monthOf(context.clock.now())) {
        throw new Refusal('unknown_month', `${month} has not begun: its renewals are not invoiced yet.`);
      }
      return sweep(context, month).catch((error: unknown) => {
        throw refusalOf(error);
      });
    },
  );
}

export function sweepRenewals(context: BillingContext): Schedule {
  return {
    name: 'sweep_renewals',
    cron: '0 3 1 * *',
    catchUp: 'latest',
    run: async (dueAt) => {
      await sweep(context, monthOf(dueAt));
    },
  };
}

async function sweep(context: BillingContext, month: Month): Promise<Sweep> {
  const { subscriptions, repaired, unknown } = await compareSubscriptions(context);
  const found: string[] = await readOpenInvoices(context, month);
  const missing: Sweep['missing'] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows = await uninvoiced(context, month, after);
    const results = await context.inParallel(rows, parallelReadings, async (row) => ({
      row,
      ids: await readInvoicesOf(context, row.stripe_id, month),
    }));
    for (const { row, ids } of results) {
      found.push(...ids);
      if (ids.length === 0) missing.push({ subscriptionId: row.id, userId: row.user_id });
    }
    after = rows.at(-1)?.id;
  }
  const result = { month, subscriptions, repairedSubscriptions: repaired, repairedInvoices: found, missing, unknown };
  if (missing.length > 0 || unknown.length > 0) {
    context.log.error({ month, missing, unknown }, 'subscriptions and invoices at Stripe are not what they should be');
  } else context.log.info({ month, subscriptions, repaired: repaired.length + found.length }, 'renewals were swept');
  return result;
}

/** Subscriptions that should have been invoiced for the month, and were not as far as we know. */
async function uninvoiced(context: BillingContext, month: Month, after: string) {
  const { rows } = await sql<{ id: string; user_id: string; stripe_id: string }>`
    select id::text, user_id, stripe_id from subscription
     where state in ('active', 'past_due') and id::text > ${after}
       and started_at < ${cutoffOf(month)} and (cancel_at is null or cancel_at > ${firstInstantOf(month)})
       and not (first_month_free and started_at >= ${firstInstantOf(month)})
       and not exists (
         select from invoice_month where subscription_id = subscription.id and month = ${month})
     order by id::text limit ${batchSubscriptions}`.execute(context.database.kysely);
  return rows;
}

/** Takes in what Stripe has invoiced a subscription for the month; gives the invoices' ids. */
async function readInvoicesOf(context: BillingContext, stripeId: string, month: Month): Promise<string[]> {
  const created = { gte: secondsOf(firstInstantOf(month)), lt: secondsOf(cutoffOf(month)) };
  const { data } = await context.stripe.call('invoices.list', stripeId, (sdk) =>
    sdk.invoices.list({ subscription: stripeId, created, limit: wholePage }),
  );
  const readings: InvoiceReading[] = [];
  for (const { id } of data) readings.push(await readInvoice(context.stripe, id));
  const ofMonth = readings.filter(({ lines }) => monthsOf(lines).has(month));
  await context.database.transaction((tx) => applyInvoices(tx, context, ofMonth));
  return ofMonth.map(({ id }) => id);
}

/** Reads again what is known as open for the month; gives the ids of those that were no longer. */
async function readOpenInvoices(context: BillingContext, month: Month): Promise<string[]> {
  const found: string[] = [];
  for (let after: string | undefined = ''; after !== undefined; ) {
    const rows = await context.database.kysely
      .selectFrom('invoice')
      .innerJoin('invoice_month', 'invoice_month.invoice_id', 'invoice.id')
      .select(['invoice.id', 'invoice.status'])
      .where('invoice_month.month', '=', month)
      .where('invoice_month.state', '=', 'open')
      .where('invoice.id', '>', after)
      .orderBy('invoice.id')
      .limit(batchSubscriptions)
      .execute();
    const readings = await readAndApply(
      context,
      rows.map(({ id }) => id),
    );
    found.push(...readings.filter(({ status }, index) => status !== rows[index]?.status).map(({ id }) => id));
    after = rows.at(-1)?.id;
  }
  return found;
}
