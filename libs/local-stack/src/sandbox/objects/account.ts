import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import { listOf } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';

export type Account = Stored<Stripe.V2.Core.Account>;
type Requirements = NonNullable<Account['requirements']>;
type StripeTransfers = NonNullable<
  NonNullable<NonNullable<NonNullable<Account['configuration']>['recipient']>['capabilities']>['stripe_balance']
>['stripe_transfers'];

export const accounts = defineCollection<Account>('account');

const includable = ['configuration.recipient', 'defaults', 'identity', 'requirements'] as const;
const include = listOf(z.enum(includable)).optional();

const given = {
  contact_email: z.email().optional(),
  display_name: z.string().optional(),
  dashboard: z.enum(['express', 'full', 'none']).optional(),
  metadata: z.record(z.string(), z.string().nullable()).optional(),
  identity: z
    .strictObject({
      country: z.string().length(2).optional(),
      entity_type: z.enum(['individual', 'company', 'non_profit', 'government_entity']).optional(),
    })
    .optional(),
  defaults: z
    .strictObject({
      currency: z.string().length(3).optional(),
      responsibilities: z
        .strictObject({
          fees_collector: z.enum(['application', 'stripe']),
          losses_collector: z.enum(['application', 'stripe']),
        })
        .optional(),
    })
    .optional(),
  configuration: z
    .strictObject({
      recipient: z
        .strictObject({
          capabilities: z
            .strictObject({
              stripe_balance: z
                .strictObject({ stripe_transfers: z.strictObject({ requested: z.boolean() }).optional() })
                .optional(),
            })
            .optional(),
        })
        .optional(),
    })
    .optional(),
  include,
};

type Given = ParametersOf<typeof given>;

export const accountEndpoints = [
  endpoint('POST', '/v2/core/accounts', given, (turn, parameters) => {
    const account: Account = {
      id: newId('acct'),
      object: 'v2.core.account',
      applied_configurations: [],
      created: isoInstant(turn.nowSeconds),
      defaults: { responsibilities: { requirements_collector: 'stripe' } },
      livemode: false,
      metadata: {},
    };
    change(account, parameters);
    turn.store.insert(accounts, account, turn.nowSeconds);
    return shown(account, parameters.include);
  }),
  endpoint('GET', '/v2/core/accounts/:id', { include }, (turn, parameters, id) =>
    shown(requireAccount(turn, id), parameters.include),
  ),
  endpoint('POST', '/v2/core/accounts/:id', given, (turn, parameters, id) => {
    const account = requireAccount(turn, id);
    change(account, parameters);
    turn.store.replace(accounts, account);
    return shown(account, parameters.include);
  }),
];

export function requireAccount(turn: Turn, id: string): Account {
  const account = turn.store.find(accounts, id);
  if (account === undefined) throw missing('account', id);
  return account;
}

/** The capability that transfers to an account need. */
export function transfersCapability(account: Account): StripeTransfers {
  return account.configuration?.recipient?.capabilities?.stripe_balance?.stripe_transfers;
}

/** What an account is before it has been onboarded, and when it is restricted: something is past due. */
export const notOnboarded = {
  status: 'restricted',
  status_details: [{ code: 'requirements_past_due', resolution: 'provide_info' }],
} satisfies NonNullable<StripeTransfers>;

/** What Stripe still wants to know of a restricted account. */
export const outstanding: Requirements = {
  entries: [
    {
      awaiting_action_from: 'user',
      description: 'identity.individual',
      errors: [],
      impact: {
        restricts_capabilities: [
          {
            capability: 'stripe_balance.stripe_transfers',
            configuration: 'recipient',
            deadline: { status: 'past_due' },
          },
        ],
      },
      minimum_deadline: { status: 'past_due' },
      requested_reasons: [{ code: 'routine_onboarding' }],
    },
  ],
  summary: { minimum_deadline: { status: 'past_due' } },
};

function change(account: Account, parameters: Given): void {
  if (parameters.contact_email !== undefined) account.contact_email = parameters.contact_email;
  if (parameters.display_name !== undefined) account.display_name = parameters.display_name;
  if (parameters.dashboard !== undefined) account.dashboard = parameters.dashboard;
  const merged = Object.entries({ ...account.metadata, ...parameters.metadata });
  account.metadata = Object.fromEntries(merged.filter((pair): pair is [string, string] => pair[1] !== null));
  const { country, entity_type: entityType } = parameters.identity ?? {};
  account.identity = {
    ...account.identity,
    ...(country === undefined ? {} : { country }),
    ...(entityType === undefined ? {} : { entity_type: entityType }),
  };
  const { currency, responsibilities } = parameters.defaults ?? {};
  account.defaults = {
    ...account.defaults,
    ...(currency === undefined ? {} : { currency }),
    responsibilities: { requirements_collector: 'stripe', ...account.defaults?.responsibilities, ...responsibilities },
  };
  requestTransfers(account, parameters);
}

function requestTransfers(account: Account, { configuration }: Given): void {
  if (configuration?.recipient === undefined) return;
  account.applied_configurations = ['recipient'];
  account.configuration ??= { recipient: { applied: true } };
  const requested = configuration.recipient.capabilities?.stripe_balance?.stripe_transfers?.requested;
  if (requested !== true || transfersCapability(account) !== undefined) return;
  account.configuration.recipient = {
    applied: true,
    capabilities: { stripe_balance: { stripe_transfers: notOnboarded } },
  };
  account.requirements = outstanding;
}

/** v2 answers leave out the larger parts, as null, unless they are asked for. */
function shown(account: Account, included: readonly (typeof includable)[number][] = []): object {
  const has = (part: (typeof includable)[number]) => included.includes(part);
  return {
    ...account,
    configuration: has('configuration.recipient') ? (account.configuration ?? null) : null,
    defaults: has('defaults') ? account.defaults : null,
    identity: has('identity') ? account.identity : null,
    requirements: has('requirements') ? (account.requirements ?? { entries: [] }) : null,
  };
}
