// Money that Stripe has made available moves from pending to payments, one transfer a balance transaction, set-based.
import { cents, monthOf } from '@wewrite/contracts';
import { postTransfers } from '@wewrite/ledger';
import { afterCommit } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { chart } from '../books/chart.ts';
import { transferOf } from '../books/transfer.ts';
import type { BillingContext, BillingTransaction } from '../context.ts';

interface AvailablePayment {
  readonly transactionId: string;
  readonly netCents: number;
  readonly availableOn: Date;
}

const batchRows = 2_000;

/** Posts what is available at `at` and was not posted yet. */
export async function makeFundsAvailable(context: BillingContext, at: Date): Promise<void> {
  let found: number;
  do {
    found = await context.database.transaction((tx) => postBatch(tx, context, at));
  } while (found === batchRows);
}

async function postBatch(tx: BillingTransaction, context: BillingContext, at: Date): Promise<number> {
  const payments = await takeAvailable(tx, at);
  const transfers = payments
    .filter(({ netCents }) => netCents > 0)
    .map(({ transactionId, netCents, availableOn }) =>
      transferOf({
        key: `funds_available:${transactionId}`,
        kind: 'funds_available',
        month: monthOf(availableOn),
        debit: 'stripe:payments',
        credit: 'stripe:pending',
        amountCents: cents(netCents),
        occurredAt: availableOn,
        stripeId: transactionId,
      }),
    );
  await postTransfers(tx, chart, transfers, context.clock.now());
  if (transfers.length > 0) afterCommit(tx, () => context.wake('escrow'));
  return payments.length;
}

async function takeAvailable(tx: BillingTransaction, at: Date): Promise<readonly AvailablePayment[]> {
  const { rows } = await sql<AvailablePayment>`
    with taken as (
      update payment set available = true
       where payment_intent_id in (
         select payment_intent_id from payment where not available and available_on <= ${at}
          order by available_on, payment_intent_id limit ${batchRows} for update skip locked)
      returning *
    )
    select balance_transaction_id as "transactionId", net_cents as "netCents", available_on as "availableOn"
      from taken order by available_on, payment_intent_id`.execute(tx);
  return rows;
}
