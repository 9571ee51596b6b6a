// B8: a month that is reconciled lets its revenue go to the platform's bank, where that is configured. The loop of
// `withdraw-revenue.ts` asks Stripe for it.
import type { MessageOf, monthReconciled } from '@wewrite/contracts';
import { activeTraceparent, afterCommit, type Received } from '@wewrite/service-kit';
import type { BillingContext, BillingTransaction } from '../context.ts';

export async function orderWithdrawals(
  tx: BillingTransaction,
  context: BillingContext,
  messages: readonly Received<MessageOf<typeof monthReconciled>>[],
): Promise<void> {
  if (context.config.REVENUE_RETAINED_CENTS === undefined || messages.length === 0) return;
  const months = [...new Set(messages.map(({ body }) => body.month))].sort();
  await tx
    .insertInto('revenue_withdrawal')
    .values(
      months.map((month) => ({
        month,
        key_first_used_at: null,
        due_at: context.time.now(),
        lease_until: null,
        stripe_id: null,
        failure: null,
        requested_at: context.clock.now(),
        traceparent: activeTraceparent(),
      })),
    )
    .onConflict((conflict) => conflict.doNothing())
    .execute();
  afterCommit(tx, () => context.wake('revenue'));
}
