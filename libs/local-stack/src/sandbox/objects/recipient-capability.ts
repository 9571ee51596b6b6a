import type Stripe from 'stripe';
import { z } from 'zod';
import type { Stored } from '../engine/stored.ts';

type Account = Stored<Stripe.V2.Core.Account>;
type Recipient = NonNullable<NonNullable<Account['configuration']>['recipient']>;
type Capabilities = NonNullable<Recipient['capabilities']>;
type Requirements = NonNullable<Account['requirements']>;

/** What a recipient can be made able to do: take transfers, or outbound payments to a local bank account. */
export const capabilityNames = ['bank_accounts.local', 'stripe_balance.stripe_transfers'] as const;

export type CapabilityName = (typeof capabilityNames)[number];

/** Both have the same form. */
type Capability = NonNullable<NonNullable<Capabilities['stripe_balance']>['stripe_transfers']>;

const requested = z.strictObject({ requested: z.boolean() }).optional();

/** The part of an account's parameters that asks for capabilities. */
export const capabilityRequests = z.strictObject({
  bank_accounts: z.strictObject({ local: requested }).optional(),
  stripe_balance: z.strictObject({ stripe_transfers: requested }).optional(),
});

const active: Capability = { status: 'active', status_details: [] };

/** What a capability is before its account has been onboarded, and when it is restricted: something is past due. */
const restricted: Capability = {
  status: 'restricted',
  status_details: [{ code: 'requirements_past_due', resolution: 'provide_info' }],
};

/** A capability of an account; undefined when it has not been asked for. */
export function capabilityOf(account: Account, name: CapabilityName): Capability | undefined {
  const { bank_accounts: banks, stripe_balance: balance } = account.configuration?.recipient?.capabilities ?? {};
  return name === 'bank_accounts.local' ? banks?.local : balance?.stripe_transfers;
}

/** The capabilities that have been asked for. */
export function requestedCapabilities(account: Account): CapabilityName[] {
  return capabilityNames.filter((name) => capabilityOf(account, name) !== undefined);
}

/** Asks for capabilities, which are restricted until the account is onboarded (again), or no longer asks for them. */
export function requestCapabilities(account: Account, requests: z.output<typeof capabilityRequests> | undefined): void {
  const wished = {
    'bank_accounts.local': requests?.bank_accounts?.local?.requested,
    'stripe_balance.stripe_transfers': requests?.stripe_balance?.stripe_transfers?.requested,
  };
  for (const name of capabilityNames) {
    const known = capabilityOf(account, name);
    if (wished[name] === true && known === undefined) write(account, name, restricted);
    if (wished[name] === false && known !== undefined) write(account, name, undefined);
  }
}

/** Makes capabilities active or restricts them. */
export function decideCapabilities(account: Account, names: readonly CapabilityName[], ready: boolean): void {
  for (const name of names) write(account, name, ready ? active : restricted);
}

function write(account: Account, name: CapabilityName, capability: Capability | undefined): void {
  const decided = new Map(capabilityNames.map((each) => [each, capabilityOf(account, each)]));
  decided.set(name, capability);
  const local = decided.get('bank_accounts.local');
  const transfers = decided.get('stripe_balance.stripe_transfers');
  account.applied_configurations = ['recipient'];
  account.configuration = {
    recipient: {
      applied: true,
      capabilities: {
        ...(local === undefined ? {} : { bank_accounts: { local } }),
        ...(transfers === undefined ? {} : { stripe_balance: { stripe_transfers: transfers } }),
      },
    },
  };
  account.requirements = requirementsOf(account);
}

/** What Stripe still wants to know: one entry for all restricted capabilities. */
function requirementsOf(account: Account): Requirements {
  const affected = requestedCapabilities(account).filter((name) => capabilityOf(account, name)?.status !== 'active');
  if (affected.length === 0) return { entries: [] };
  return {
    entries: [
      {
        awaiting_action_from: 'user',
        description: 'identity.individual',
        errors: [],
        impact: {
          restricts_capabilities: affected.map((capability) => ({
            capability,
            configuration: 'recipient',
            deadline: { status: 'past_due' },
          })),
        },
        minimum_deadline: { status: 'past_due' },
        requested_reasons: [{ code: 'routine_onboarding' }],
      },
    ],
    summary: { minimum_deadline: { status: 'past_due' } },
  };
}
