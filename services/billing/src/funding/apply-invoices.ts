// E1, E2, E7: what was read of invoices becomes funding, each invoice once, whatever is repeated, late or out of order.
// Set-based: on the 1st thousands of invoices are paid at once.
import { compareUtf8 } from '@wewrite/contracts';
import { postTransfers } from '@wewrite/ledger';
import { sql } from 'kysely';
import { chart } from '../books/chart.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { lateRefundOf, orderRefunds, type RefundWish } from '../reversals/order-refunds.ts';
import { decideInvoice, feeOf, type InvoiceDecision, type InvoiceOwner, type KnownInvoice } from './decide-invoice.ts';
import type { InvoiceReading } from './invoice.ts';
import { monthsOf } from './invoice.ts';
import { holdMonths } from './month-lock.ts';
import { refreshFunding } from './refresh-funding.ts';
import { storeNewBalances } from './store-payments.ts';

/** Applies readings in the given transaction, one an invoice. */
export async function applyInvoices(
  tx: BillingTransaction,
  context: BillingContext,
  given: readonly InvoiceReading[],
): Promise<void> {
  if (given.length === 0) return;
  const readings = [...given].sort((a, b) => compareUtf8(a.id, b.id));
  const closedMonths = await holdMonths(
    tx,
    readings.flatMap(({ lines }) => [...monthsOf(lines).keys()]),
  );
  const owners = await ownersOf(tx, readings);
  const known = await lockInvoices(tx, readings);
  const decisions = readings.flatMap((reading) => {
    const before = known.get(reading.id);
    if (before === undefined) return [];
    return decideInvoice(before, reading, ownerOf(owners, reading), closedMonths) ?? [];
  });
  for (const { reading, suspenseReason } of decisions) {
    if (suspenseReason === null) continue;
    context.log.error({ invoiceId: reading.id, reason: suspenseReason }, 'the money of an invoice waits in suspense');
  }
  await storeInvoices(tx, decisions);
  await storeMonths(tx, decisions);
  const fees = await storeNewBalances(tx, readings);
  await refreshFunding(
    tx,
    context,
    decisions.flatMap(({ owner, months }) =>
      owner === null ? [] : months.map(({ month }) => ({ userId: owner.userId, month })),
    ),
  );
  await orderRefunds(tx, context, decisions.flatMap(lateRefundsOf));
  const transfers = [
    ...decisions.flatMap((decision) => decision.transfers),
    ...fees.flatMap(({ payment, reading }) => feeOf(payment, reading)),
  ];
  await postTransfers(tx, chart, transfers, context.clock.now());
}

/** E7: the supporter gets back what came too late; what else is in suspense waits for an operator. */
function lateRefundsOf({ reading, suspenseReason }: InvoiceDecision): RefundWish[] {
  if (suspenseReason !== 'paid_late' && suspenseReason !== 'month_closed') return [];
  return reading.payments.map((payment) => lateRefundOf(reading.id, payment));
}

type Owners = ReadonlyMap<string, InvoiceOwner>;

/** By Stripe's id of the subscription, and by ours: the invoice may be here before the answer to the subscription's creation. */
async function ownersOf(tx: BillingTransaction, readings: readonly InvoiceReading[]): Promise<Owners> {
  const stripeIds = readings.flatMap((reading) => reading.stripeSubscriptionId ?? []);
  const ownIds = readings.flatMap((reading) => reading.subscriptionId ?? []);
  const { rows } = await sql<{ id: string; user_id: string; stripe_id: string | null }>`
    select id, user_id, stripe_id from subscription
     where stripe_id = any (${stripeIds}::text[]) or id::text = any (${ownIds}::text[])`.execute(tx);
  const owners = new Map<string, InvoiceOwner>();
  for (const row of rows) {
    const owner = { userId: row.user_id, subscriptionId: row.id };
    owners.set(row.id, owner);
    if (row.stripe_id !== null) owners.set(row.stripe_id, owner);
  }
  return owners;
}

function ownerOf(owners: Owners, reading: InvoiceReading): InvoiceOwner | null {
  return owners.get(reading.stripeSubscriptionId ?? '') ?? owners.get(reading.subscriptionId ?? '') ?? null;
}

async function lockInvoices(
  tx: BillingTransaction,
  readings: readonly InvoiceReading[],
): Promise<ReadonlyMap<string, KnownInvoice>> {
  const ids = readings.map(({ id }) => id);
  await sql`
    insert into invoice (id, status, total_cents, paid_cents, created_at)
    select id, 'draft', total_cents, 0, created_at
      from unnest(${ids}::text[], ${readings.map((each) => each.totalCents)}::bigint[],
                  ${readings.map((each) => each.createdAt.toISOString())}::timestamptz[]) as read (id, total_cents, created_at)
     order by id collate "C"
    on conflict do nothing`.execute(tx);
  const rows = await tx
    .selectFrom('invoice')
    .select(['id', 'status', 'outcome'])
    .where('id', 'in', ids)
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, row]));
}

async function storeInvoices(tx: BillingTransaction, decisions: readonly InvoiceDecision[]): Promise<void> {
  if (decisions.length === 0) return;
  const column = <Value>(pick: (decision: InvoiceDecision) => Value) => decisions.map(pick);
  await sql`
    update invoice
       set user_id = read.user_id, subscription_id = read.subscription_id::uuid, status = read.status,
           total_cents = read.total_cents, paid_cents = read.paid_cents, paid_at = read.paid_at,
           outcome = read.outcome, suspense_reason = read.suspense_reason
      from unnest(
        ${column(({ reading }) => reading.id)}::text[],
        ${column(({ owner }) => owner?.userId ?? null)}::text[],
        ${column(({ owner }) => owner?.subscriptionId ?? null)}::text[],
        ${column(({ reading }) => reading.status)}::text[],
        ${column(({ reading }) => reading.totalCents)}::bigint[],
        ${column(({ reading }) => reading.amountPaidCents)}::bigint[],
        ${column(({ reading }) => reading.paidAt?.toISOString() ?? null)}::timestamptz[],
        ${column(({ outcome }) => outcome)}::text[],
        ${column(({ suspenseReason }) => suspenseReason)}::text[]
      ) as read (id, user_id, subscription_id, status, total_cents, paid_cents, paid_at, outcome, suspense_reason)
     where invoice.id = read.id`.execute(tx);
}

async function storeMonths(tx: BillingTransaction, decisions: readonly InvoiceDecision[]): Promise<void> {
  const rows = decisions.flatMap(({ reading, owner, months }) =>
    owner === null ? [] : months.map((each) => ({ ...each, ...owner, invoiceId: reading.id })),
  );
  if (rows.length === 0) return;
  await sql`
    insert into invoice_month (invoice_id, month, user_id, subscription_id, cents, state)
    select invoice_id, month, user_id, subscription_id::uuid, cents, state
      from unnest(
        ${rows.map((row) => row.invoiceId)}::text[], ${rows.map((row) => row.month)}::text[],
        ${rows.map((row) => row.userId)}::text[], ${rows.map((row) => row.subscriptionId)}::text[],
        ${rows.map((row) => row.cents)}::bigint[], ${rows.map((row) => row.state)}::text[]
      ) as read (invoice_id, month, user_id, subscription_id, cents, state)
    on conflict (invoice_id, month) do update set cents = excluded.cents, state = excluded.state`.execute(tx);
}
