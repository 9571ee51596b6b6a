import type { PayoutStatus, PayoutTable } from './db.ts';

/** Where a payment is that Stripe has made; `returned` follows `paid`. */
export type PaymentState =
  | { readonly status: 'submitted' | 'paid' }
  | { readonly status: 'failed' | 'canceled' | 'returned'; readonly reason: string };

/** Stripe's object for a payment: a transfer with `connect`, an outbound payment with `storage`. */
export interface MadePayment {
  readonly transferId: string;
  readonly state: PaymentState;
}

/** What a step of paying a payout came to (D3). */
export type TransferOutcome =
  | { readonly kind: 'made'; readonly payment: MadePayment }
  /** Nothing certain: send again under the same key, which makes one transfer of any number of calls. */
  | { readonly kind: 'same_key'; readonly detail: string }
  /** The key does not tell any more: look whether the transfer is there before another key is used. */
  | { readonly kind: 'look_up'; readonly detail: string }
  /** Refused, but not for good: wait, then send under the next key, since the refusal is replayed under this one. */
  | { readonly kind: 'next_key'; readonly detail: string }
  /** Refused for good: the money goes back to payable. */
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string }
  /** It cannot be told whether the transfer was made: an operator decides. */
  | { readonly kind: 'operator'; readonly detail: string };

/** How a payout ends, or goes on after its end: `paid` may become `returned` (D4). */
export type PayoutEnding =
  | { readonly status: 'paid'; readonly transferId: string; readonly isReturnedSince: boolean }
  | { readonly status: 'failed' | 'canceled'; readonly transferId: string | null; readonly reason: string }
  | { readonly status: 'returned'; readonly transferId: string; readonly reason: string };

/** What a payout becomes by an outcome; null when it stays what it is. A return that nobody saw paid is paid first. */
export function endingOf(status: PayoutStatus, outcome: TransferOutcome): PayoutEnding | null {
  const isOpen = status === 'requested' || status === 'submitting' || status === 'submitted';
  if (outcome.kind === 'failed') {
    // What Stripe has made is not refused any more: only its payment ends the payout.
    const isUnmade = status === 'requested' || status === 'submitting';
    return isUnmade ? { status: 'failed', transferId: null, reason: outcome.reason } : null;
  }
  if (outcome.kind !== 'made') return null;
  const { transferId, state } = outcome.payment;
  switch (state.status) {
    case 'submitted':
      return null;
    case 'paid':
      return isOpen ? { status: 'paid', transferId, isReturnedSince: false } : null;
    case 'failed':
    case 'canceled':
      return isOpen ? { status: state.status, transferId, reason: state.reason } : null;
    case 'returned':
      if (isOpen) return { status: 'paid', transferId, isReturnedSince: true };
      return status === 'paid' ? { status: 'returned', transferId, reason: state.reason } : null;
  }
}

/**
 * True of a payment that the payout knows nothing of: it has another, or has ended as never paid, so that the same money
 * is owed and sent. Nothing here can mend that.
 */
export function isAstray(
  { status, transfer_id: known }: Pick<PayoutTable, 'status' | 'transfer_id'>,
  { transferId, state }: MadePayment,
): boolean {
  if (known !== null) return known !== transferId;
  const hasEnded = status === 'failed' || status === 'canceled';
  return hasEnded && (state.status === 'submitted' || state.status === 'paid');
}
