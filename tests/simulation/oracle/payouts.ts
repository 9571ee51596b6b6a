// D1, D2, D4: who is paid what on the first of the month, who is not and why, and what becomes of payouts that are held, are
// not made, or come back.
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
    books.repaidCents += repaid;
    post(ledger, repaid, 'creator_obligations', 'creator_receivables');
  }
}

/** What storage lacks of what is owed moves there; of what is repaid in these moments, billing may hear before or after. */
export function fundStorage(books: Books): void {
  const { ledger, storageMoreCents, repaidCents } = books;
  const storedCents = ledger.get('stripe:storage') ?? 0;
  const owedCents = obligationsIn(ledger);
  const leastCents = Math.max(storedCents, owedCents);
  const mostCents = Math.max(storedCents + storageMoreCents, owedCents + repaidCents);
  post(ledger, leastCents - storedCents, 'stripe:storage', 'stripe:payments');
  books.storageMoreCents = mostCents - leastCents;
  books.repaidCents = 0;
}

/** Judges everybody who earned in the month or has something payable, and pays whom the rules let be paid. */
export function payWriters(books: Books, { month, writers: earned }: ClosedMonth): void {
  const { writers } = books;
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
    const payout: WriterPayout = {
      userId,
      status: 'under_way',
      reason: null,
      grossCents,
      processingFeeCents,
      netCents,
      payableCents,
    };
    payouts.set(userId, payout);
    balance.payableCents -= grossCents;
    balance.inFlightCents += grossCents;
    send(books, payout, month);
  }
}

/** The processing fees of a month's payouts that are made. */
export function withheldCents({ payouts }: Books, month: string): number {
  const paid = [...(payouts.get(month)?.values() ?? [])].filter(({ status }) => status === 'paid');
  return paid.reduce((sum, { processingFeeCents }) => sum + processingFeeCents, 0);
}

/** An operator kept back what nothing had been sent of: it waits, reserved. */
export function holdPayout(books: Books, userId: string, month: string): void {
  takeBackPayment(books, payoutOf(books, userId, month));
}

/** What an operator had kept back is sent. */
export function releasePayout(books: Books, userId: string, month: string): void {
  const payout = payoutOf(books, userId, month);
  if (payout.status === 'under_way') send(books, payout, month);
}

/** A payout is not made, or came back after it was: its money is payable again. */
export function payoutNotMade(books: Books, userId: string, month: string): void {
  const payout = payoutOf(books, userId, month);
  takeBackPayment(books, payout);
  if (payout.status === 'under_way') makePayableAgain(books, payout, month);
}

/** To an account that cannot receive by now nothing is paid (D4). */
function send(books: Books, payout: WriterPayout, month: string): void {
  if (books.accounts.get(payout.userId) !== 'ready') {
    makePayableAgain(books, payout, month);
    return;
  }
  payout.status = 'paid';
  balanceOf(books.writers, payout.userId).inFlightCents -= payout.grossCents;
  postPayment(books, payout, 1);
}

/** What was taken for paid was not, or is not any more. */
function takeBackPayment(books: Books, payout: WriterPayout): void {
  if (payout.status !== 'paid') return;
  payout.status = 'under_way';
  balanceOf(books.writers, payout.userId).inFlightCents += payout.grossCents;
  postPayment(books, payout, -1);
}

/** Holds of its month and of those before take what they lack first, then the writer pays back what is owed. */
function makePayableAgain({ ledger, writers }: Books, payout: WriterPayout, month: string): void {
  payout.status = 'failed';
  const balance = balanceOf(writers, payout.userId);
  balance.inFlightCents -= payout.grossCents;
  const repaid = credit(balance, payout.grossCents, (ofHold) => ofHold <= month);
  post(ledger, repaid, 'creator_obligations', 'creator_receivables');
}

function postPayment({ ledger }: Books, { netCents, processingFeeCents }: WriterPayout, sign: 1 | -1): void {
  post(ledger, sign * netCents, 'creator_obligations', 'stripe:storage');
  post(ledger, sign * processingFeeCents, 'creator_obligations', 'platform_revenue:processing');
}

function payoutOf({ payouts }: Books, userId: string, month: string): WriterPayout {
  const payout = payouts.get(month)?.get(userId);
  if (payout === undefined) throw new Error(`${userId} was judged in no payouts of ${month}`);
  return payout;
}

/** 2.9 % of the payout, halves up, and 30 ¢. */
function processingFeeOf(cents: number): number {
  return cents <= 0 ? 0 : halfUp(cents, processingBasisPoints, 10_000) + processingFixedCents;
}

/** The first of the reasons that holds; null for who is paid. */
function reasonAgainst(balance: WriterBalance, account: 'none' | 'ready' | 'restricted'): SkipReason | null {
  if (balance.inFlightCents > 0) return 'already_in_flight';
  const cents = balance.payableCents - balance.receivableCents;
  const isTooLittle = cents < leastPayoutCents || cents - processingFeeOf(cents) < 1;
  if (isTooLittle && heldCents(balance) > 0) return 'on_hold';
  if (cents < 0) return 'negative_balance';
  if (isTooLittle) return 'below_minimum';
  if (account === 'none') return 'no_payout_account';
  return account === 'restricted' ? 'account_restricted' : null;
}
