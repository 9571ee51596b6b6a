import { sql } from 'kysely';
import type { BillingContext } from '../context.ts';
import { secondsOf } from '../stripe/seconds.ts';
import { syncDispute } from './sync-dispute.ts';
import { syncRefund } from './sync-refund.ts';

const page = 100;

/**
 * Takes in what refunds and disputes that were made in a span of time have done and no event has told us (B7): none is
 * missing then.
 */
export async function settleReversals(context: BillingContext, span: { from: Date; until: Date }): Promise<void> {
  const { stripe } = context;
  const created = { gte: secondsOf(span.from), lt: secondsOf(span.until) };
  const refunds = await stripe.call('refunds.list', 'settle', (sdk) =>
    Array.fromAsync(sdk.refunds.list({ created, limit: page })),
  );
  const movements = refunds.flatMap(({ id, balance_transaction: sent, failure_balance_transaction: failed }) =>
    [sent, failed].flatMap((factId) => (typeof factId === 'string' ? [{ factId, objectId: id }] : [])),
  );
  for (const refundId of await unknownObjects(context, movements)) await syncRefund(context, refundId);
  const disputes = await stripe.call('disputes.list', 'settle', (sdk) =>
    Array.fromAsync(sdk.disputes.list({ created, limit: page })),
  );
  const moved = disputes.flatMap(({ id: objectId, status, balance_transactions: transactions }) => [
    ...transactions.map(({ id: factId }) => ({ factId, objectId })),
    ...(status === 'lost' && transactions.length > 0 ? [{ factId: `lost:${objectId}`, objectId }] : []),
  ]);
  for (const disputeId of await unknownObjects(context, moved)) await syncDispute(context, disputeId);
}

/** Refunds and disputes of which some fact is not known. */
async function unknownObjects(
  { database }: BillingContext,
  found: readonly { readonly factId: string; readonly objectId: string }[],
): Promise<ReadonlySet<string>> {
  if (found.length === 0) return new Set();
  const ids = found.map(({ factId }) => factId);
  const { rows } = await sql<{ id: string }>`
    select id from payment_fact where id = any (${ids}::text[])`.execute(database.kysely);
  const known = new Set(rows.map(({ id }) => id));
  return new Set(found.filter(({ factId }) => !known.has(factId)).map(({ objectId }) => objectId));
}
