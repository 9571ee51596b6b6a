// Money that the platform puts into its Stripe balance is found in Stripe's own list, from the last one that is known.
import { cents, monthOf } from '@wewrite/contracts';
import { postTransfers } from '@wewrite/ledger';
import { afterCommit } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type Stripe from 'stripe';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext } from '../context.ts';
import { instantOf, secondsOf } from '../stripe/seconds.ts';

/** A slow top-up becomes available long after a quicker, later one; keys make what is seen again harmless. */
const overlapMs = 30 * 24 * 3_600_000;
const wholePage = 100;

/** Posts the top-ups that are available at `at`. */
export async function recordTopUps(context: BillingContext, at: Date): Promise<void> {
  const since = secondsOf(await lastTopUpAt(context));
  let found: Stripe.BalanceTransaction[] = [];
  const record = async () => {
    await post(context, found, at);
    found = [];
  };
  const pages = context.stripe.sdk.balanceTransactions.list({
    type: 'topup',
    created: { gte: since },
    limit: wholePage,
  });
  await context.stripe.call('balanceTransactions.list', 'topup', async () => {
    await pages.autoPagingEach(async (transaction) => {
      found.push(transaction);
      if (found.length === wholePage) await record();
    });
  });
  await record();
}

async function post(
  context: BillingContext,
  transactions: readonly Stripe.BalanceTransaction[],
  at: Date,
): Promise<void> {
  const available = transactions.filter(
    (transaction) => transaction.currency === 'usd' && transaction.net > 0 && instantOf(transaction.available_on) <= at,
  );
  if (available.length === 0) return;
  const transfers = available.map((transaction) =>
    transferOf({
      key: `top_up:${transaction.id}`,
      kind: 'top_up',
      month: monthOf(instantOf(transaction.created)),
      debit: 'stripe:payments',
      credit: 'platform:capital',
      amountCents: cents(transaction.net),
      occurredAt: instantOf(transaction.created),
      stripeId: transaction.id,
    }),
  );
  await context.database.transaction(async (tx) => {
    await postTransfers(tx, chart, transfers, context.clock.now());
    afterCommit(tx, () => context.wake('escrow'));
  });
}

async function lastTopUpAt(context: BillingContext): Promise<Date> {
  const { rows } = await sql<{ at: Date | null }>`
    select max(occurred_at) as at from ledger_transfer where credit_account_id = 'platform:capital'`.execute(
    context.database.kysely,
  );
  return new Date(Math.max(0, (rows[0]?.at?.getTime() ?? 0) - overlapMs));
}
