// B7, E7: after a month's cutoff its open invoices are read again at Stripe and voided, what was paid in time and not heard of
// is taken in, refunds and disputes included, and then its funding is complete: nothing changes it, and its control totals are said.
import {
  cents,
  closingKey,
  cutoffOf,
  firstInstantOf,
  fundingChanged,
  fundingHash,
  type Month,
  monthOf,
  previousMonth,
} from '@wewrite/contracts';
import { idOfCause, type Schedule } from '@wewrite/service-kit';
import { isDefiniteRefusal } from '@wewrite/service-kit/stripe';
import { sql } from 'kysely';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { settleReversals } from '../reversals/settle-reversals.ts';
import { secondsOf } from '../stripe/seconds.ts';
import { type InvoiceReading, monthsOf } from './invoice.ts';
import { closeMonth } from './month-lock.ts';
import { readAndApply } from './read-and-apply.ts';
import { type FundingChange, sayFunding } from './refresh-funding.ts';

const invoicePage = 100;
const parallelVoidings = 16;
const supporterPage = 10_000;

export function closeFunding(context: BillingContext): Schedule {
  return {
    name: 'close_funding',
    cron: context.config.FUNDING_CRON,
    catchUp: 'each',
    run: async (dueAt) => {
      const month = previousMonth(monthOf(dueAt));
      if (await isClosed(context, month)) return;
      await settleInvoicesAtStripe(context, month);
      await settleOpenInvoices(context, month);
      await settleReversals(context, { from: firstInstantOf(month), until: cutoffOf(month) });
      await context.database.transaction((tx) => close(tx, context, month));
    },
  };
}

async function isClosed(context: BillingContext, month: Month): Promise<boolean> {
  const row = await context.database.kysely
    .selectFrom('funding_close')
    .select('month')
    .where('month', '=', month)
    .executeTakeFirst();
  return row !== undefined;
}

/** Every invoice that Stripe made in the month is as we know it, or is taken in now: no event of it can be missing. */
async function settleInvoicesAtStripe(context: BillingContext, month: Month): Promise<void> {
  const created = { gte: secondsOf(firstInstantOf(month)), lt: secondsOf(cutoffOf(month)) };
  let cursor: string | undefined;
  do {
    const page = await context.stripe.call('invoices.list', month, (sdk) =>
      sdk.invoices.list({ created, limit: invoicePage, ...(cursor === undefined ? {} : { starting_after: cursor }) }),
    );
    const settled = await settledInvoices(
      context,
      page.data.map(({ id }) => id),
    );
    await settle(
      context,
      month,
      page.data.filter((invoice) => settled.get(invoice.id) !== invoice.status).map(({ id }) => id),
    );
    cursor = page.has_more ? page.data.at(-1)?.id : undefined;
  } while (cursor !== undefined);
}

/** Invoices that we know as open for the month, whenever they were made. */
async function settleOpenInvoices(context: BillingContext, month: Month): Promise<void> {
  const rows = await context.database.kysely
    .selectFrom('invoice_month')
    .select('invoice_id')
    .where('month', '=', month)
    .where('state', '=', 'open')
    .orderBy('invoice_id')
    .execute();
  const ids = rows.map((row) => row.invoice_id);
  for (let start = 0; start < ids.length; start += invoicePage) {
    await settle(context, month, ids.slice(start, start + invoicePage));
  }
}

/** The final statuses that were applied; whatever is missing here has to be looked at. */
async function settledInvoices(context: BillingContext, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
  if (ids.length === 0) return new Map();
  const rows = await context.database.kysely
    .selectFrom('invoice')
    .select(['id', 'status'])
    .where('id', 'in', ids)
    .where((where) => where.or([where('outcome', 'is not', null), where('status', '=', 'void')]))
    .execute();
  return new Map(rows.map((row) => [row.id, row.status]));
}

async function settle(context: BillingContext, month: Month, ids: readonly string[]): Promise<void> {
  const readings = await readAndApply(context, ids);
  const open = readings.filter((reading) => isToBeVoided(reading, month)).map(({ id }) => id);
  await context.inParallel(open, parallelVoidings, (id) => voidInvoice(context, id));
  await readAndApply(context, open);
}

/** Open, and for no later month. */
function isToBeVoided(reading: InvoiceReading, month: Month): boolean {
  const isOpen = reading.status === 'open' || reading.status === 'uncollectible';
  return isOpen && [...monthsOf(reading.lines).keys()].every((of) => of <= month);
}

/** Voiding twice does no harm, so each try has its own key: a failure is not replayed. */
async function voidInvoice(context: BillingContext, id: string): Promise<void> {
  const { void_attempt: attempt } = await context.database.transaction((tx) =>
    tx
      .updateTable('invoice')
      .set(({ eb }) => ({ void_attempt: eb('void_attempt', '+', 1) }))
      .where('id', '=', id)
      .returning('void_attempt')
      .executeTakeFirstOrThrow(),
  );
  await context.stripe
    .call('invoices.voidInvoice', id, (sdk) =>
      sdk.invoices.voidInvoice(id, {}, { idempotencyKey: `void-${id}-${attempt}` }),
    )
    .catch((error: unknown) => {
      // It may have been paid or voided in this moment: the next reading tells.
      if (!isDefiniteRefusal(error)) throw error;
    });
}

async function close(tx: BillingTransaction, context: BillingContext, month: Month): Promise<void> {
  await closeMonth(tx, month);
  await sayFunding(tx, context, await giveUpOpenParts(tx, month));
  const totals = await controlTotals(tx, month);
  const closed = await tx
    .insertInto('funding_close')
    .values({
      month,
      supporters: totals.supporters,
      paid_cents: totals.paidCents,
      hash: totals.hash,
      closed_at: context.clock.now(),
    })
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  if (closed.numInsertedOrUpdatedRows !== 1n) return;
  const { supporters, paidCents, hash } = totals;
  await context.outbox.emit(tx, fundingChanged, [
    {
      key: closingKey(month),
      id: idOfCause('funding.changed', closingKey(month)),
      body: { part: 'closing', month, currency: 'usd', supporters, paidCents: cents(paidCents), hash },
    },
  ]);
}

/** What was not paid by now funds nothing. */
async function giveUpOpenParts(tx: BillingTransaction, month: Month): Promise<readonly FundingChange[]> {
  const { rows } = await sql<FundingChange>`
    update funding
       set open_cents = 0, funding = case when paid_cents > 0 then 'paid' else 'none' end, version = version + 1
     where month = ${month} and open_cents > 0
    returning user_id as "userId", month, paid_cents as "paidCents", open_cents as "openCents", funding,
              invoice_ids as "invoiceIds", version`.execute(tx);
  return rows;
}

async function controlTotals(
  tx: BillingTransaction,
  month: Month,
): Promise<{ supporters: number; paidCents: number; hash: string }> {
  const hash = fundingHash();
  let supporters = 0;
  let paidCents = 0;
  for (let after = ''; ; ) {
    const rows = await tx
      .selectFrom('funding')
      .select(['user_id', 'paid_cents'])
      .where('month', '=', month)
      .where('paid_cents', '>', 0)
      .where('user_id', '>', after)
      .orderBy('user_id')
      .limit(supporterPage)
      .execute();
    for (const row of rows) {
      hash.add({ userId: row.user_id, paidCents: row.paid_cents });
      supporters += 1;
      paidCents = cents(paidCents + row.paid_cents);
    }
    const last = rows.at(-1);
    if (last === undefined || rows.length < supporterPage) return { supporters, paidCents, hash: hash.digest() };
    after = last.user_id;
  }
}
