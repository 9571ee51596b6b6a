import type Stripe from 'stripe';
import { z } from 'zod';
import { emit, emitThin } from '../engine/events.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';
import { type Account, accounts, requireAccount } from './account.ts';
import { type CapabilityName, decideCapabilities, requestedCapabilities } from './recipient-capability.ts';

/** How an account's onboarding ends. */
export const onboardingOrder = z.strictObject({ outcome: z.enum(['ready', 'restricted']) });

/**
 * Ends the onboarding of an account: each capability that it asked for becomes active or restricted, also one that was
 * active. An account that asked for none can receive transfers. Stripe tells it twice: thin events about the v2
 * account, and the older ones about a connected account.
 */
export function endOnboarding(turn: Turn, accountId: string, outcome: 'ready' | 'restricted'): Account {
  const account = requireAccount(turn, accountId);
  const asked = requestedCapabilities(account);
  const decided: readonly CapabilityName[] = asked.length === 0 ? ['stripe_balance.stripe_transfers'] : asked;
  const ready = outcome === 'ready';
  decideCapabilities(account, decided, ready);
  turn.store.replace(accounts, account);
  const related = { id: account.id, type: 'v2.core.account', url: `/v2/core/accounts/${account.id}` };
  for (const updated of decided) {
    emitThin(turn, 'v2.core.account[configuration.recipient].capability_status_updated', related, {
      updated_capability: updated,
    });
  }
  emitThin(turn, 'v2.core.account[requirements].updated', related, {});
  tellConnect(turn, account, ready, decided.includes('stripe_balance.stripe_transfers'));
  return account;
}

/** The v1 view of the account, which knows of transfers only. */
function tellConnect(turn: Turn, account: Account, ready: boolean, takesTransfers: boolean): void {
  const transfers = ready ? 'active' : 'inactive';
  const connected: Stored<Stripe.Account> = {
    id: account.id,
    object: 'account',
    capabilities: takesTransfers ? { transfers } : {},
    charges_enabled: false,
    details_submitted: true,
    email: account.contact_email ?? null,
    metadata: account.metadata ?? {},
    payouts_enabled: ready,
    type: 'none',
  };
  emit(turn, 'account.updated', connected, { account: account.id });
  if (!takesTransfers) return;
  const capability: Stored<Stripe.Capability> = {
    id: 'transfers',
    object: 'capability',
    account: account.id,
    requested: true,
    requested_at: turn.nowSeconds,
    status: transfers,
  };
  emit(turn, 'capability.updated', capability, { account: account.id });
}
