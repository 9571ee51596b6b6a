import { afterFailure, type StripeClient } from '@wewrite/service-kit/stripe';
import type Stripe from 'stripe';
import { secondsOf } from '../stripe/seconds.ts';
import type { EscrowAdapter, EscrowOrder, EscrowOutcome } from './escrow-adapter.ts';

const dayMs = 24 * 60 * 60 * 1000;

/** The money is paid out of the payments balance into a storage balance, a financial account of its own at Stripe. */
export function storageEscrow(stripe: StripeClient, financialAccountId: string): EscrowAdapter {
  return {
    name: 'storage',
    // No way back by API is documented.
    canRelease: false,
    check: () => check(stripe, financialAccountId),
    advance: async (order) => {
      const { stripeId } = order;
      if (stripeId !== null) {
        return outcomeOf(await stripe.call('payouts.retrieve', stripeId, (sdk) => sdk.payouts.retrieve(stripeId)));
      }
      return order.mustLookUp ? lookUp(stripe, order) : send(stripe, financialAccountId, order);
    },
  };
}

async function check(stripe: StripeClient, financialAccountId: string): Promise<void> {
  const account = await stripe.call('v2.moneyManagement.financialAccounts.retrieve', financialAccountId, (sdk) =>
    sdk.v2.moneyManagement.financialAccounts.retrieve(financialAccountId),
  );
  if (account.type !== 'storage' || account.status !== 'open') {
    throw new Error(
      `${financialAccountId} is of type ${account.type} and ${account.status}: escrow needs an open storage account.`,
    );
  }
  const settings = await stripe.call('balanceSettings.retrieve', 'balance_settings', (sdk) =>
    sdk.balanceSettings.retrieve(),
  );
  const interval = settings.payments.payouts?.schedule?.interval;
  if (interval === 'manual') return;
  throw new Error(
    `Stripe pays the payments balance out by itself (${interval ?? 'no schedule'}): set the payout schedule to manual.`,
  );
}

async function send(stripe: StripeClient, payout_method: string, order: EscrowOrder): Promise<EscrowOutcome> {
  const parameters = {
    amount: order.amountCents,
    currency: 'usd',
    payout_method,
    description: `Writers' earnings, ${order.month}`,
    metadata: { run_id: order.runId, month: order.month, attempt: order.attempt },
  };
  try {
    const payout = await stripe.call('payouts.create', order.runId, (sdk) =>
      sdk.payouts.create(parameters, { idempotencyKey: `escrow-${order.runId}-${order.attempt}` }),
    );
    return outcomeOf(payout);
  } catch (error) {
    return outcomeOfFailure(error);
  }
}

async function lookUp(stripe: StripeClient, order: EscrowOrder): Promise<EscrowOutcome> {
  const filter = { created: { gte: secondsOf(new Date(order.requestedAt.getTime() - dayMs)) }, limit: 100 };
  return stripe.call('payouts.list', order.runId, async (sdk) => {
    for await (const payout of sdk.payouts.list(filter)) {
      const { run_id: runId, attempt } = payout.metadata ?? {};
      if (runId === order.runId && attempt === String(order.attempt)) return outcomeOf(payout);
    }
    return { kind: 'look_up', reason: 'absent at a look-up' };
  });
}

function outcomeOf({ id: stripeId, status, failure_code: failureCode }: Stripe.Payout): EscrowOutcome {
  switch (status) {
    case 'paid':
      return { kind: 'arrived', stripeId };
    case 'failed':
    case 'canceled':
      return { kind: 'came_back', stripeId, reason: failureCode ?? status };
    default:
      return { kind: 'in_transit', stripeId };
  }
}

/** Whatever is refused is decided anew after a while, under the next key. */
function outcomeOfFailure(failed: unknown): EscrowOutcome {
  const { next, error } = afterFailure(failed);
  return { kind: next === 'next_key' ? 'refused' : next, reason: error.code ?? error.type };
}
