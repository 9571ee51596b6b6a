import { z } from 'zod';
import { schedule } from '../engine/due-work.ts';
import { emit } from '../engine/events.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import { financialAccounts } from './financial-account.ts';
import { type Payout, payouts, requirePayout } from './payout.ts';
import { receiveCredit } from './received-credit.ts';

/** How a payout that is under way ends, on demand. */
export const payoutOutcome = z.strictObject({ outcome: z.enum(['paid', 'failed', 'canceled']) });

type Outcome = z.output<typeof payoutOutcome>['outcome'];

const failure = {
  failure_code: 'account_closed',
  failure_message: 'The destination of the payout has been closed.',
};

/** Due step: a payout sets out, and arrives when its time has come. */
export function advancePayout(turn: Turn, id: string): void {
  const payout = requirePayout(turn, id);
  if (!isUnderWay(payout)) return;
  if (payout.arrival_date <= turn.nowSeconds) {
    // An account that was closed meanwhile takes nothing.
    end(turn, payout, isReceived(turn, payout) ? 'paid' : 'failed');
    return;
  }
  const previous = { status: payout.status };
  payout.status = 'in_transit';
  turn.store.replace(payouts, payout);
  emit(turn, 'payout.updated', payout, { previous });
  schedule(turn, payout.arrival_date, 'advance_payout', id);
}

/** Ends a payout that has not ended yet, before its time. */
export function endPayout(turn: Turn, id: string, outcome: Outcome): Payout {
  const payout = requirePayout(turn, id);
  if (!isUnderWay(payout)) throw refused(`The payout is ${payout.status} already.`);
  end(turn, payout, outcome);
  return payout;
}

function isReceived(turn: Turn, { payout_method: accountId }: Payout): boolean {
  return accountId === null || turn.store.find(financialAccounts, accountId)?.status === 'open';
}

function isUnderWay({ status }: Payout): boolean {
  return status === 'pending' || status === 'in_transit';
}

function end(turn: Turn, payout: Payout, outcome: Outcome): void {
  payout.status = outcome;
  if (outcome === 'paid') {
    payout.arrival_date = turn.nowSeconds;
    const { id: payoutId, amount: cents, description, payout_method: financialAccountId } = payout;
    if (financialAccountId !== null) receiveCredit(turn, { payoutId, financialAccountId, cents, description });
  } else giveBack(turn, payout, outcome);
  turn.store.replace(payouts, payout);
  emit(turn, `payout.${outcome}`, payout);
}

/** The money is in the payments balance again. */
function giveBack(turn: Turn, payout: Payout, outcome: 'failed' | 'canceled'): void {
  const transaction = newBalanceTransaction(turn, {
    type: outcome === 'failed' ? 'payout_failure' : 'payout_cancel',
    source: payout.id,
    amountCents: payout.amount,
    feeCents: 0,
    currency: payout.currency,
    availableOn: turn.nowSeconds,
    description: null,
  });
  post(turn, transaction);
  payout.failure_balance_transaction = transaction.id;
  if (outcome === 'failed') Object.assign(payout, failure);
}
