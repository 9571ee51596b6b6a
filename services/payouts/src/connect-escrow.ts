import { afterFailure, type StripeClient } from '@wewrite/service-kit/stripe';
import Stripe from 'stripe';
import { type Escrow, metadataOf, once, transferGroupOf } from './escrow.ts';
import type { MadePayment, TransferOutcome } from './transfer-outcome.ts';

/** Writers are paid by transfers from the payments balance: one that is made is paid, its reversal returns it. */
export function connectEscrow(stripe: StripeClient): Escrow {
  return {
    // Stripe forgets a key after 24 hours.
    keyLifetimeMs: 23 * 60 * 60 * 1000,
    listsAreCurrent: true,
    canCancel: false,
    capabilities: { stripe_balance: { stripe_transfers: { requested: true } } },
    canReceive: (account) =>
      account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers?.status === 'active',
    make: async (payment, idempotencyKey) => {
      const order = {
        amount: payment.netCents,
        currency: payment.currency,
        destination: payment.accountId,
        transfer_group: transferGroupOf(payment),
        metadata: metadataOf(payment),
      };
      const made = await stripe.call('transfers.create', payment.payoutId, (sdk) =>
        sdk.transfers.create(order, { idempotencyKey, ...once }),
      );
      return madePayment(made);
    },
    find: (payment) =>
      stripe.call('transfers.list', payment.payoutId, async (sdk) => {
        const filter = { destination: payment.accountId, transfer_group: transferGroupOf(payment), limit: 100 };
        for await (const transfer of sdk.transfers.list(filter, once)) {
          if (transfer.metadata.payout_id === payment.payoutId) return madePayment(transfer);
        }
        return null;
      }),
    read: async (transferId) =>
      madePayment(
        await stripe.call('transfers.retrieve', transferId, (sdk) => sdk.transfers.retrieve(transferId, {}, once)),
      ),
    outcomeOfFailure,
  };
}

function madePayment({ id, reversed }: Stripe.Transfer): MadePayment {
  return { transferId: id, state: reversed ? { status: 'returned', reason: 'reversed' } : { status: 'paid' } };
}

const accountFaults = new Set([
  'insufficient_capabilities_for_transfer',
  'account_closed',
  'account_invalid',
  'resource_missing',
]);

function outcomeOfFailure(failed: unknown): TransferOutcome {
  const { next, error } = afterFailure(failed);
  const detail = `${error.type}: ${error.message}`;
  if (next !== 'refused') return { kind: next, detail };
  if (error.code !== undefined && accountFaults.has(error.code)) {
    return { kind: 'failed', reason: 'account_restricted', detail };
  }
  if (error instanceof Stripe.errors.StripeInvalidRequestError) {
    return { kind: 'failed', reason: error.code ?? 'refused', detail };
  }
  // A refusal of another kind is not known to be about the writer: nothing was made, and it is tried until somebody looks.
  return { kind: 'next_key', detail };
}
