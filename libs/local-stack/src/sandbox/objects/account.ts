import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import { listOf } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';
import { capabilityRequests, requestCapabilities } from './recipient-capability.ts';

export type Account = Stored<Stripe.V2.Core.Account>;
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
      recipient: z.strictObject({ capabilities: capabilityRequests.optional() }).optional(),
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
  const { configuration } = parameters;
  if (configuration?.recipient === undefined) return;
  account.applied_configurations = ['recipient'];
  account.configuration ??= { recipient: { applied: true } };
  requestCapabilities(account, configuration.recipient.capabilities);
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
