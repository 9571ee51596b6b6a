import { backoffMs } from '@wewrite/service-kit';
import type { PayoutTable, TransferJobTable } from './db.ts';
import type { TransferOutcome } from './transfer-outcome.ts';

/** A transfer that this replica has taken: the payout, and how far sending it has come. */
export type ClaimedTransfer = Omit<PayoutTable, 'traceparent'> & Omit<TransferJobTable, 'payout_id'>;

/** One call and what it came to. */
export interface SentTransfer {
  readonly claimed: ClaimedTransfer;
  readonly outcome: TransferOutcome;
}

/** The key of an attempt: the same for every call of it, so that Stripe makes one transfer. */
export function transferKey(payoutId: string, attempt: number): string {
  return `payout-${payoutId}-${attempt}`;
}

/** When a transfer that has not settled is tried again: exponential backoff with jitter, ten minutes between look-ups. */
export function dueAgainAfterMs(outcome: TransferOutcome, tries: number): number {
  const lookUpPauseMs = 10 * 60 * 1000;
  const longestPauseMs = 15 * 60 * 1000;
  return outcome.kind === 'look_up' ? lookUpPauseMs : backoffMs(tries, 200, longestPauseMs);
}

/** When a transfer that Stripe has is looked at, if no event says so before: soon, since one may have been missed, then seldom. */
export function followAgainAfterMs(looks: number): number {
  const firstLookMs = 2_000;
  const quarterHourMs = 15 * 60 * 1000;
  const longestPauseMs = 6 * 60 * 60 * 1000;
  return looks === 0 ? firstLookMs : backoffMs(looks - 1, quarterHourMs, longestPauseMs);
}
