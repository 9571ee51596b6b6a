import type Stripe from 'stripe';
import { z } from 'zod';
import { emit, emitThin } from '../engine/events.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';
import { type Account, accounts, notOnboarded, outstanding, requireAccount } from './account.ts';

/** How an account's onboarding ends. */
export const onboardingOrder = z.strictObject({ outcome: z.enum(['ready', 'restricted']) });

/**
 * Ends the onboarding of an account, which can then receive transfers or not; also restricts one that was ready.
 * Stripe tells it twice: thin events about the v2 account, and the older ones about a connected account.
 */
export function endOnboarding(turn: Turn, accountId: string, outcome: 'ready' | 'restricted'): Account {
  const account = requireAccount(turn, accountId);
  const ready = outcome === 'ready';
  account.applied_configurations = ['recipient'];
  account.configuration = {
    recipient: {
      applied: true,
      capabilities: {
        stripe_balance: { stripe_transfers: ready ? { status: 'active', status_details: [] } : notOnboarded },
      },
    },
  };
  account.requirements = ready ? { entries: [] } : outstanding;
  turn.store.replace(accounts, account);
  tell(turn, account, ready);
  return account;
}

function tell(turn: Turn, account: Account, ready: boolean): void {
  const related = { id: account.id, type: 'v2.core.account', url: `/v2/core/accounts/${account.id}` };
  emitThin(turn, 'v2.core.account[configuration.recipient].capability_status_updated', related, {
    updated_capability: 'stripe_balance.stripe_transfers',
  });
  emitThin(turn, 'v2.core.account[requirements].updated', related, {});
  const connected: Stored<Stripe.Account> = {
    id: account.id,
    object: 'account',
    capabilities: { transfers: ready ? 'active' : 'inactive' },
    charges_enabled: false,
    details_submitted: true,
    email: account.contact_email ?? null,
    metadata: account.metadata ?? {},
    payouts_enabled: ready,
    type: 'none',
  };
  const capability: Stored<Stripe.Capability> = {
    id: 'transfers',
    object: 'capability',
    account: account.id,
    requested: true,
    requested_at: turn.nowSeconds,
    status: ready ? 'active' : 'inactive',
  };
  emit(turn, 'account.updated', connected, { account: account.id });
  emit(turn, 'capability.updated', capability, { account: account.id });
}
