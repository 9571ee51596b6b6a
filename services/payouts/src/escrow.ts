import type { Currency } from '@wewrite/contracts';
import type Stripe from 'stripe';
import type { MadePayment, TransferOutcome } from './transfer-outcome.ts';

/** What Stripe is asked to pay: `netCents` of a payout, to an account. */
export interface Payment {
  readonly payoutId: string;
  readonly month: string;
  readonly userId: string;
  readonly accountId: string;
  readonly currency: Currency;
  readonly netCents: number;
  readonly requestedAt: Date;
}

/** How writers are paid out of escrow: a port with two adapters, chosen by `ESCROW`. No function is called in a transaction. */
export type Escrow = EscrowPort & (Cancelable | NotCancelable);

interface Cancelable {
  readonly canCancel: true;
  /** Cancels a payment that is not made yet; throws when it is too late. */
  cancel(transferId: string, idempotencyKey: string): Promise<void>;
}

/** A payment is made at once. */
interface NotCancelable {
  readonly canCancel: false;
}

interface EscrowPort {
  /** How long Stripe is sure to know an idempotency key. */
  readonly keyLifetimeMs: number;
  /** Whether a list without a payment proves that it was not made. */
  readonly listsAreCurrent: boolean;
  /** What an account has to be able to do, as it is asked for when the account is opened. */
  readonly capabilities: Stripe.V2.Core.AccountCreateParams.Configuration.Recipient.Capabilities;
  canReceive(account: Stripe.V2.Core.Account): boolean;
  /** Makes the payment once, whatever the number of calls under the same key. */
  make(payment: Payment, idempotencyKey: string): Promise<MadePayment>;
  /** The payment among those that Stripe lists; null when it is not there. */
  find(payment: Payment): Promise<MadePayment | null>;
  read(transferId: string): Promise<MadePayment>;
  /** What a failed call of `make` means (D3). */
  outcomeOfFailure(error: unknown): TransferOutcome;
}

/** Each request has its turn (D6): the SDK repeats none by itself, the loop of transfers does. */
export const once = { maxNetworkRetries: 0 } as const;

/** What Stripe's object says of the payout that it pays. */
export function metadataOf({ payoutId, month, userId }: Payment) {
  return { payout_id: payoutId, month, writer: userId };
}

/** D4. */
export function transferGroupOf({ month }: Payment): string {
  return `close-${month}`;
}
