// E5, E7: what Stripe told of a payment becomes reversals, each fact once, whatever is repeated, late or out of order. Before
// a month's funding is complete they change its paid budget; afterwards they are said, and follow the money (E5).
import {
  cents,
  type Month,
  month as monthFrom,
  monthOf,
  nextMonth,
  paymentReversed,
  UserIdSchema,
} from '@wewrite/contracts';
import { postTransfers } from '@wewrite/ledger';
import { assert, idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { chart } from '../books/chart.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';
import { holdMonths } from '../funding/month-lock.ts';
import { refreshFunding } from '../funding/refresh-funding.ts';
import { decideFact, type FactDecision } from './decide-fact.ts';
import { refuseOrders } from './order-refunds.ts';
import type { FailedRefund, PaymentFact } from './payment-fact.ts';
import type { PaidInvoice, Reversal } from './reversal.ts';
import { disputedBefore, lockPaidInvoice, openReversals, suspendedBefore, writeReversals } from './store-reversals.ts';

/** What Stripe tells of one payment: facts in their order, and refunds that we ordered in vain. */
export interface PaymentNews {
  readonly facts: readonly PaymentFact[];
  readonly failedRefunds: readonly FailedRefund[];
}

/** Applies what is new of a payment. */
export async function applyFacts(
  context: BillingContext,
  paymentIntentId: string,
  { facts, failedRefunds }: PaymentNews,
): Promise<void> {
  if (facts.length === 0 && failedRefunds.length === 0) return;
  await context.database.transaction(async (tx) => {
    const now = context.clock.now();
    const months = await monthsOfPayment(tx, paymentIntentId);
    const running = [monthOf(now), nextMonth(monthOf(now))];
    const closedMonths = await holdMonths(tx, [...months, ...running]);
    const runningMonth = running.find((month) => !closedMonths.has(month));
    assert(runningMonth !== undefined, 'B7: the running month is not closed');
    const invoice = await lockPaidInvoice(tx, paymentIntentId);
    for (const told of facts) {
      const fact = await storeFact(tx, told, invoice, now);
      if (fact === null) continue;
      const situation = {
        invoice: invoice === null ? null : await lockPaidInvoice(tx, paymentIntentId),
        open: await openReversals(tx, fact.objectId),
        disputedCents: await disputedBefore(tx, fact),
        suspendedCents: await suspendedBefore(tx, paymentIntentId),
        closedMonths,
        runningMonth,
      };
      await write(tx, context, decideFact(fact, situation));
    }
    await refuseOrders(tx, context, paymentIntentId, failedRefunds);
  });
}

async function write(tx: BillingTransaction, context: BillingContext, decision: FactDecision): Promise<void> {
  const { fact, reversals, transfers, restCents } = decision;
  await writeReversals(tx, reversals);
  // The month after is said with it: what comes back now is not to be expected each month (A9).
  const budgets = reversals.flatMap(({ userId, budget }) =>
    budget === null ? [] : [budget.month, nextMonth(budget.month)].map((month) => ({ userId, month })),
  );
  await refreshFunding(tx, context, budgets);
  await sayReversals(tx, context, fact, reversals);
  await postTransfers(tx, chart, transfers, context.clock.now());
  if (restCents > 0 && fact.refundOrderId === null) {
    const { id, kind, objectId, paymentIntentId } = fact;
    context.log.error(
      { factId: id, kind, objectId, paymentIntentId, restCents },
      'money was taken back that funds no month',
    );
  }
}

/** Those of months that are over, for earnings to spread. */
async function sayReversals(
  tx: BillingTransaction,
  { outbox }: BillingContext,
  fact: PaymentFact,
  reversals: readonly Reversal[],
): Promise<void> {
  const late = reversals.filter(({ budget }) => budget === null);
  await outbox.emit(
    tx,
    paymentReversed,
    late.map((reversal) => ({
      key: reversal.userId,
      id: idOfCause('payment.reversed', reversal.id),
      body: {
        reversalId: reversal.id,
        kind: reversal.kind,
        settles: reversal.settles,
        currency: 'usd',
        at: reversal.at.toISOString(),
        userId: UserIdSchema.parse(reversal.userId),
        month: reversal.month,
        amountCents: reversal.amountCents,
        invoiceId: reversal.invoiceId,
        stripeId: fact.objectId,
      },
    })),
  );
}

/** Those that it was paid for, or that it was credited to since. */
async function monthsOfPayment(tx: BillingTransaction, paymentIntentId: string): Promise<readonly Month[]> {
  const { rows } = await sql<{ month: string }>`
    select month from payment join invoice_month using (invoice_id) where payment_intent_id = ${paymentIntentId}
    union
    select budget_month from payment join reversal using (invoice_id)
     where payment_intent_id = ${paymentIntentId} and budget_month is not null`.execute(tx);
  return rows.map(({ month }) => monthFrom(month));
}

/** Null when the fact is known. An order that it names counts only when it is ours. */
async function storeFact(
  tx: BillingTransaction,
  fact: PaymentFact,
  invoice: PaidInvoice | null,
  now: Date,
): Promise<PaymentFact | null> {
  const { rows } = await sql<{ refundOrderId: string | null }>`
    insert into payment_fact (id, kind, object_id, payment_intent_id, invoice_id, refund_order_id, amount_cents, fee_cents,
                              at, recorded_at)
    select ${fact.id}, ${fact.kind}, ${fact.objectId}, ${fact.paymentIntentId}, ${invoice?.id ?? null}::text,
           (select id from refund_order
             where id = ${fact.refundOrderId}::uuid and payment_intent_id = ${fact.paymentIntentId}), ${fact.amountCents}::bigint,
           ${cents(fact.feeCents)}::bigint, ${fact.at}::timestamptz, ${now}::timestamptz
    on conflict (id) do nothing
    returning refund_order_id as "refundOrderId"`.execute(tx);
  const [stored] = rows;
  return stored === undefined ? null : { ...fact, ...stored };
}
