import { basisPointsOf, type Cents, cents, cutoffOf, type Month, nextMonth, type SkipReason } from '@wewrite/contracts';

/** What is known of a writer on the day of the payouts. Balances are those of the sub-ledger. */
export interface WriterBalance {
  readonly payableCents: Cents;
  readonly heldCents: Cents;
  readonly receivableCents: Cents;
  readonly hasPayoutInFlight: boolean;
  /** Stripe's account, or null before one was opened. */
  readonly accountId: string | null;
  readonly canReceive: boolean;
}

/** What months after the one that is judged have done to a writer's balances. */
export interface LaterMonths {
  /** What they have made payable, or repaid of debts, and not taken back. */
  readonly freeCents: Cents;
  readonly heldCents: Cents;
}

/** A8, D1: the balances of a month's day of payouts, also when later months are credited by the time that it is judged. */
export function withoutLaterMonths(writer: WriterBalance, { freeCents, heldCents }: LaterMonths): WriterBalance {
  const balanceCents = writer.payableCents - writer.receivableCents - freeCents;
  return {
    ...writer,
    payableCents: cents(Math.max(0, balanceCents)),
    receivableCents: cents(Math.max(0, -balanceCents)),
    heldCents: cents(writer.heldCents - heldCents),
  };
}

export interface PayoutTerms {
  readonly minimumCents: number;
  readonly processingFeeBps: number;
  readonly processingFeeFixedCents: number;
}

export type Judgement =
  | {
      readonly kind: 'pay';
      readonly accountId: string;
      readonly grossCents: Cents;
      readonly processingFeeCents: Cents;
      readonly netCents: Cents;
    }
  | { readonly kind: 'skip'; readonly reason: SkipReason };

/**
 * D1, D2: one payout of all of the balance (payable less receivable; held money does not count) when it reaches the
 * minimum and the account can receive; else the first reason that holds. A net of less than 1 ¢ is below the minimum.
 */
export function judge(writer: WriterBalance, terms: PayoutTerms): Judgement {
  const balanceCents = cents(writer.payableCents - writer.receivableCents);
  const processingFeeCents = processingFeeOf(balanceCents, terms);
  const netCents = cents(balanceCents - processingFeeCents);
  const skip = (reason: SkipReason): Judgement => ({ kind: 'skip', reason });
  if (writer.hasPayoutInFlight) return skip('already_in_flight');
  const isTooLittle = balanceCents < terms.minimumCents || netCents < 1;
  if (isTooLittle && writer.heldCents > 0) return skip('on_hold');
  if (balanceCents < 0) return skip('negative_balance');
  if (isTooLittle) return skip('below_minimum');
  if (writer.accountId === null) return skip('no_payout_account');
  if (!writer.canReceive) return skip('account_restricted');
  return { kind: 'pay', accountId: writer.accountId, grossCents: balanceCents, processingFeeCents, netCents };
}

/** The processing fee of a payout: basis points rounded half up, and a fixed part; 0 of a balance that is not positive. */
export function processingFeeOf(balanceCents: Cents, terms: PayoutTerms): Cents {
  if (balanceCents <= 0) return cents(0);
  return cents(basisPointsOf(balanceCents, terms.processingFeeBps) + terms.processingFeeFixedCents);
}

/**
 * D5: what the writer can do about a payout that did not reach them, by Stripe's reason or ours. What Stripe says of the
 * bank account (`payout_method_…`) the writer mends there, too.
 */
export function adviceAfterFailure(reason: string | null): string {
  if (reason === 'account_restricted') return adviceFor.account_restricted;
  if (reason === 'canceled') return 'We have stopped this payout. Its money is yours, and is paid with the next one.';
  if (reason?.startsWith('payout_method') === true) {
    return 'Your bank did not take the money. Open your payout account again and check the bank account in it.';
  }
  return 'The payout did not go through. Its money is yours: open your payout account and see whether anything is asked for.';
}

/** The first of the month after that in which a month's payouts are made: when what was not paid then is paid next. */
export function nextPayoutDate(ofMonth: Month): string {
  return cutoffOf(nextMonth(ofMonth)).toISOString().slice(0, 10);
}

/** What a writer can do about a reason, in a sentence. */
export const adviceFor: Readonly<Record<SkipReason, string>> = {
  already_in_flight: 'Your last payout is still on its way. The rest follows with the next one.',
  on_hold: 'Your money is held while a question about it is answered.',
  negative_balance: 'Money that had been paid was taken back. Your next earnings repay it first.',
  below_minimum: 'Your balance is below the minimum for a payout. It stays yours and adds up.',
  no_payout_account: 'Open a payout account, so that your money can reach you.',
  account_restricted:
    'Your payout account cannot receive money. Open its onboarding again and complete what is asked for.',
};
