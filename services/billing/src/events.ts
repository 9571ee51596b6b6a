import {
  balanceAdjusted,
  earningsCalculated,
  earningsReversed,
  monthLocked,
  monthReconciled,
  payoutSettled,
} from '@wewrite/contracts';
import { type Hearing, hears } from '@wewrite/service-kit';
import { orderWithdrawals } from './close/order-withdrawals.ts';
import { postLockedFunds } from './close/post-locked-funds.ts';
import { postPayouts } from './close/post-payouts.ts';
import { receiveEarnings } from './close/receive-earnings.ts';
import { rehearseEarnings, rehearseLock } from './close/rehearse-books.ts';
import type { BillingContext } from './context.ts';
import type { BillingSchema } from './db.ts';
import { postAdjustments, postReversals } from './reversals/post-reversals.ts';

/** What billing hears. What it says is built where it happens: `funding/refresh-funding.ts`, `close/say-progress.ts`. */
export function hearings(context: BillingContext): Hearing<BillingSchema>[] {
  return [
    hears(monthLocked, (tx, messages) => postLockedFunds(tx, context, messages), {
      rehearse: (tx, messages) => rehearseLock(tx, context, messages),
    }),
    hears(earningsCalculated, (tx, messages) => receiveEarnings(tx, context, messages), {
      rehearse: (tx, messages) => rehearseEarnings(tx, context, messages),
    }),
    hears(earningsReversed, (tx, messages) => postReversals(tx, context, messages)),
    hears(balanceAdjusted, (tx, messages) => postAdjustments(tx, context, messages)),
    hears(monthReconciled, (tx, messages) => orderWithdrawals(tx, context, messages)),
    hears(payoutSettled, (tx, messages) => postPayouts(tx, context, messages)),
  ];
}
