// B7, A5: the budget that is to be expected is said ahead, so that a month's first instant is no dead zone. At each 1st,
// 00:00 UTC, that of the month after is said for every live subscription.
import { type Month, monthOf, nextMonth } from '@wewrite/contracts';
import type { Schedule } from '@wewrite/service-kit';
import type { BillingContext } from '../context.ts';
import { refreshFunding } from './refresh-funding.ts';

const batchUsers = 1_000;

export function announceMonths(context: BillingContext): Schedule {
  return {
    name: 'announce_months',
    cron: '0 0 1 * *',
    catchUp: 'each',
    run: async (dueAt) => {
      const month = monthOf(dueAt);
      for (let after: string | null = ''; after !== null; ) after = await announce(context, month, after);
    },
  };
}

/** Brings the budgets of the month and the next up to date, for a batch of users after `after`; gives back the last, or null at the end. */
function announce(context: BillingContext, month: Month, after: string): Promise<string | null> {
  return context.database.transaction(async (tx) => {
    const rows = await tx
      .selectFrom('subscription')
      .select('user_id')
      .where('state', 'in', ['active', 'past_due'])
      .where('user_id', '>', after)
      .orderBy('user_id')
      .limit(batchUsers)
      .execute();
    await refreshFunding(
      tx,
      context,
      rows.flatMap(({ user_id: userId }) => [
        { userId, month },
        { userId, month: nextMonth(month) },
      ]),
    );
    return rows.length < batchUsers ? null : (rows.at(-1)?.user_id ?? null);
  });
}
