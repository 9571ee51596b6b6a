import { afterCommit } from '@wewrite/service-kit';
import type { BillingContext, BillingTransaction } from '../context.ts';

/** E2: an event about a payout only wakes; where it is, is read from Stripe by `fund-escrow.ts` or `withdraw-revenue.ts`. */
export async function wakeEscrow(tx: BillingTransaction, context: BillingContext, stripeId: string): Promise<void> {
  await tx
    .updateTable('escrow_move')
    .set({ due_at: context.time.now() })
    .where('stripe_id', '=', stripeId)
    .where('state', '=', 'in_transit')
    .execute();
  await tx
    .updateTable('revenue_withdrawal')
    .set({ due_at: context.time.now() })
    .where('stripe_id', '=', stripeId)
    .where('state', '=', 'sent')
    .execute();
  afterCommit(tx, () => {
    context.wake('escrow');
    context.wake('revenue');
  });
}
