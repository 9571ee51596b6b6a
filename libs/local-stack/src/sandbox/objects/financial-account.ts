import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';
import { usd } from './v2-amount.ts';

export type FinancialAccount = Stored<Stripe.V2.MoneyManagement.FinancialAccount>;

export const financialAccounts = defineCollection<FinancialAccount>('financial_account');

/** A financial account to be opened, as somebody does it in Stripe's dashboard; one that is not `storage` is `other`. */
export const financialAccountOrder = z.strictObject({
  type: z.string().min(1),
  status: z.enum(['open', 'pending', 'closed']).default('open'),
  display_name: z.string().max(50).optional(),
});

/** What can become of one in the dashboard. */
export const financialAccountChange = financialAccountOrder.pick({ status: true });

export const financialAccountEndpoints = [
  endpoint('GET', '/v2/money_management/financial_accounts/:id', {}, (turn, _parameters, id) =>
    requireFinancialAccount(turn, id),
  ),
];

/** The financial account of that id, or Stripe's refusal naming the parameter that held it. */
export function requireFinancialAccount(turn: Turn, id: string, param = 'id'): FinancialAccount {
  const account = turn.store.find(financialAccounts, id);
  if (account === undefined) throw missing('financial account', id, param);
  return account;
}

export function openFinancialAccount(
  turn: Turn,
  { type, status, display_name: displayName }: z.output<typeof financialAccountOrder>,
): FinancialAccount {
  const storage = { type: 'storage' as const, storage: { holds_currencies: ['usd'] } };
  const account: FinancialAccount = {
    id: newId('fa'),
    object: 'v2.money_management.financial_account',
    balance: { available: { usd: usd(0) }, inbound_pending: { usd: usd(0) }, outbound_pending: { usd: usd(0) } },
    country: 'US',
    created: isoInstant(turn.nowSeconds),
    ...(displayName === undefined ? {} : { display_name: displayName }),
    livemode: false,
    metadata: {},
    status,
    ...(type === 'storage' ? storage : { type: 'other' as const, other: { type } }),
  };
  turn.store.insert(financialAccounts, account, turn.nowSeconds);
  return account;
}

export function changeFinancialAccount(
  turn: Turn,
  id: string,
  { status }: z.output<typeof financialAccountChange>,
): FinancialAccount {
  const account = requireFinancialAccount(turn, id);
  account.status = status;
  turn.store.replace(financialAccounts, account);
  return account;
}

/** What can be paid out of an account now. */
export function availableInStorage(account: FinancialAccount): number {
  return account.balance.available.usd?.value ?? 0;
}

/** Changes an account's balances, in cents. */
export function changeBalance(
  turn: Turn,
  id: string,
  { availableCents = 0, outboundPendingCents = 0 }: { availableCents?: number; outboundPendingCents?: number },
): void {
  const account = requireFinancialAccount(turn, id);
  const { available, outbound_pending: outbound } = account.balance;
  available.usd = usd((available.usd?.value ?? 0) + availableCents);
  outbound.usd = usd((outbound.usd?.value ?? 0) + outboundPendingCents);
  turn.store.replace(financialAccounts, account);
}
