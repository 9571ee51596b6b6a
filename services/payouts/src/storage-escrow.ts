import type { StripeClient } from '@wewrite/service-kit/stripe';
import Stripe from 'stripe';
import { type Escrow, metadataOf, once, transferGroupOf } from './escrow.ts';
import type { MadePayment, TransferOutcome } from './transfer-outcome.ts';

type OutboundPayment = Stripe.V2.MoneyManagement.OutboundPayment;

const dayMs = 24 * 60 * 60 * 1000;

/** Writers are paid by outbound payments from a storage balance to their bank accounts: paid is what Stripe has posted. */
export function storageEscrow(stripe: StripeClient, financialAccountId: string): Escrow {
  return {
    // Stripe forgets a key after 30 days.
    keyLifetimeMs: 29 * dayMs,
    listsAreCurrent: false,
    canCancel: true,
    cancel: async (transferId, idempotencyKey) => {
      await stripe.call('v2.moneyManagement.outboundPayments.cancel', transferId, (sdk) =>
        sdk.v2.moneyManagement.outboundPayments.cancel(transferId, {}, { idempotencyKey, ...once }),
      );
    },
    capabilities: { bank_accounts: { local: { requested: true } } },
    canReceive: (account) => account.configuration?.recipient?.capabilities?.bank_accounts?.local?.status === 'active',
    make: async (payment, idempotencyKey) => {
      const { currency } = payment;
      const order = {
        from: { financial_account: financialAccountId, currency },
        to: { recipient: payment.accountId, currency },
        amount: { value: payment.netCents, currency },
        description: `WeWrite earnings, ${payment.month}`,
        statement_descriptor: 'WEWRITE',
        // v2 has no field for the group.
        metadata: { ...metadataOf(payment), transfer_group: transferGroupOf(payment) },
      };
      const made = await stripe.call('v2.moneyManagement.outboundPayments.create', payment.payoutId, (sdk) =>
        sdk.v2.moneyManagement.outboundPayments.create(order, { idempotencyKey, ...once }),
      );
      return madePayment(made);
    },
    find: (payment) =>
      stripe.call('v2.moneyManagement.outboundPayments.list', payment.payoutId, async (sdk) => {
        const created = since(new Date(payment.requestedAt.getTime() - dayMs));
        const filter = { recipient: payment.accountId, created, limit: 100 };
        for await (const made of sdk.v2.moneyManagement.outboundPayments.list(filter, once)) {
          if (made.metadata?.payout_id === payment.payoutId) return madePayment(made);
        }
        return null;
      }),
    read: async (transferId) =>
      madePayment(
        await stripe.call('v2.moneyManagement.outboundPayments.retrieve', transferId, (sdk) =>
          sdk.v2.moneyManagement.outboundPayments.retrieve(transferId, {}, once),
        ),
      ),
    outcomeOfFailure,
  };
}

/** The SDK types the bounds of a range as numbers; on the wire they are instants. */
function since(instant: Date): Stripe.RangeQueryParam {
  return { gte: instant.toISOString() } as unknown as Stripe.RangeQueryParam;
}

function madePayment({ id, status, status_details: details }: OutboundPayment): MadePayment {
  switch (status) {
    case 'posted':
      return { transferId: id, state: { status: 'paid' } };
    case 'failed':
    case 'returned':
      return { transferId: id, state: { status, reason: details?.[status]?.reason ?? status } };
    case 'canceled':
      return { transferId: id, state: { status, reason: 'canceled' } };
    default:
      return { transferId: id, state: { status: 'submitted' } };
  }
}

/** v2 executes failures again under their key, so that it stays after whatever may pass. */
function outcomeOfFailure(error: unknown): TransferOutcome {
  if (!(error instanceof Stripe.errors.StripeError)) throw error;
  const detail = `${error.type}: ${error.message}`;
  if (error instanceof Stripe.errors.StripeIdempotencyError) return { kind: 'look_up', detail };
  const isAccountFault =
    error instanceof Stripe.errors.FeatureNotEnabledError ||
    error instanceof Stripe.errors.CapabilityNotEnabledError ||
    error instanceof Stripe.errors.InvalidPayoutMethodError ||
    error.code === 'resource_missing';
  if (isAccountFault) return { kind: 'failed', reason: 'account_restricted', detail };
  if (error instanceof Stripe.errors.StripeInvalidRequestError || error instanceof Stripe.errors.BlockedByStripeError) {
    return { kind: 'failed', reason: error.code ?? 'refused', detail };
  }
  return { kind: 'same_key', detail };
}
