// D1, D2, D4: who is paid what on the first of the month, who is not and why, and what becomes of payouts that come back.
import type { SkipReason } from '@wewrite/contracts';
import { byBytes, halfUp } from './arithmetic.ts';
import type { Books, WriterPayout } from './books.ts';
import type { ClosedMonth } from './closed-month.ts';
import { obligationsIn, post } from './general-ledger.ts';
import { balanceOf, credit, heldCents, type WriterBalance } from './writer-balances.ts';

const leastPayoutCents = 2_500;
const processingBasisPoints = 290;
const processingFixedCents = 30;

/** What the month's writers earned becomes theirs; of it they pay back what they owe. */
export function creditEarnings(books: Books, { month, writers: earned }: ClosedMonth): void {
  const { ledger, writers } = books;
  for (const { userId, grossCents, platformFeeCents, netCents } of earned.values()) {
    post(ledger, grossCents, `allocated:${month}`, 'creator_obligations');
    post(ledger, platformFeeCents, 'creator_obligations', 'platform_revenue:fees');
    const repaid = credit(balanceOf(writers, userId), netCents, (ofHold) => ofHold === month);
    if (repaid > 0) books.isStorageKnown = false;
    post(ledger, repaid, 'creator_obligations', 'creator_receivables');
  }
}

/** What storage lacks of what is owed moves there. */
export function fundStorage({ ledger }: Books): void {
  const missing = obligationsIn(ledger) - (ledger.get('stripe:storage') ?? 0);
  if (missing > 0) post(ledger, missing, 'stripe:storage', 'stripe:payments');
}

/** Judges everybody who earned in the month or has something payable, and pays whom the rules let be paid. */
export function payWriters(books: Books, { month, writers: earned }: ClosedMonth): void {
  const { writers, ledger } = books;
  const judged = [...writers].filter(([userId, { payableCents }]) => payableCents > 0 || earned.has(userId));
  judged.sort(([a], [b]) => byBytes(a, b));
  const payouts = new Map<string, WriterPayout>();
  books.payouts.set(month, payouts);
  for (const [userId, balance] of judged) {
    const { payableCents } = balance;
    const grossCents = payableCents - balance.receivableCents;
    const reason = reasonAgainst(balance, books.accounts.get(userId) ?? 'none');
    if (reason !== null) {
      payouts.set(userId, {
        userId,
        status: 'skipped',
        reason,
        grossCents: 0,
        processingFeeCents: 0,
        netCents: 0,
        payableCents,
      });
      continue;
    }
    const processingFeeCents = processingFeeOf(grossCents);
    const netCents = grossCents - processingFeeCents;
    balance.payableCents -= grossCents;
    post(ledger, netCents, 'creator_obligations', 'stripe:storage');
    post(ledger, processingFeeCents, 'creator_obligations', 'platform_revenue:processing');
    payouts.set(userId, {
      userId,
      status: 'paid',
      reason: null,
      grossCents,
      processingFeeCents,
      netCents,
      payableCents,
    });
  }
}

/** A payout that had been paid came back: its money is payable again. */
export function payoutCameBack(books: Books, userId: string, month: string): void {
  const payout = books.payouts.get(month)?.get(userId);
  if (payout === undefined) throw new Error(`${userId} was judged in no payouts of ${month}`);
  const { ledger, writers } = books;
  payout.status = 'failed';
  post(ledger, payout.netCents, 'stripe:storage', 'creator_obligations');
  post(ledger, payout.processingFeeCents, 'platform_revenue:processing', 'creator_obligations');
  const repaid = credit(balanceOf(writers, userId), payout.grossCents, (ofHold) => ofHold <= month);
  post(ledger, repaid, 'creator_obligations', 'creator_receivables');
}

/** 2.9 % of the payout, halves up, and 30 ¢. */
function processingFeeOf(cents: number): number {
  return cents <= 0 ? 0 : halfUp(cents, processingBasisPoints, 10_000) + processingFixedCents;
}

/** The first of the reasons that holds; null for who is paid. A payout is over before the next are judged. */
function reasonAgainst(balance: WriterBalance, account: 'none' | 'ready' | 'restricted'): SkipReason | null {
  const cents = balance.payableCents - balance.receivableCents;
  const isTooLittle = cents < leastPayoutCents || cents - processingFeeOf(cents) < 1;
  if (isTooLittle && heldCents(balance) > 0) return 'on_hold';
  if (cents < 0) return 'negative_balance';
  if (isTooLittle) return 'below_minimum';
  if (account === 'none') return 'no_payout_account';
  return account === 'restricted' ? 'account_restricted' : null;
}
