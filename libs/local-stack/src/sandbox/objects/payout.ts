import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { schedule } from '../engine/due-work.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { listPage } from '../engine/lists.ts';
import { metadata } from '../engine/metadata.ts';
import { newId } from '../engine/object-ids.ts';
import { amountCents, createdRange, currency, page, words } from '../engine/parameters.ts';
import { readSettings } from '../engine/settings.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { availableCents, post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import { requireFinancialAccount } from './financial-account.ts';

export type Payout = Stored<Stripe.Payout>;

export const payouts = defineCollection<Payout>('payout', { status: ({ status }) => status });

const order = {
  amount: amountCents(1),
  currency,
  /** A financial account; without it the money goes to the platform's own bank account. */
  payout_method: words.optional(),
  description: words.optional(),
  metadata: metadata.optional(),
};

export const payoutEndpoints = [
  {
    ...endpoint('POST', '/v1/payouts', order, (turn, given) => {
      if (given.payout_method !== undefined) requireReceiver(turn, given.payout_method);
      if (given.amount > availableCents(turn)) {
        throw refused('You have insufficient funds in your Stripe account for this transfer.', {
          code: 'balance_insufficient',
        });
      }
      const id = newId('po');
      const transaction = newBalanceTransaction(turn, {
        type: 'payout',
        source: id,
        amountCents: -given.amount,
        feeCents: 0,
        currency: given.currency,
        availableOn: turn.nowSeconds,
        description: given.description ?? 'STRIPE PAYOUT',
      });
      const payout = newPayout(turn, id, transaction.id, given);
      turn.store.insert(payouts, payout, turn.nowSeconds);
      post(turn, transaction);
      emit(turn, 'payout.created', payout);
      schedule(turn, turn.nowSeconds, 'advance_payout', id);
      return payout;
    }),
    requestsPerSecond: 15,
  },
  endpoint(
    'GET',
    '/v1/payouts',
    {
      ...page,
      created: createdRange.optional(),
      status: z.enum(['pending', 'in_transit', 'paid', 'failed', 'canceled']).optional(),
    },
    (turn, { created, status, ...ofPage }) =>
      listPage(turn.store, payouts, { url: '/v1/payouts', filter: { equals: { status }, created }, page: ofPage }),
  ),
  endpoint('GET', '/v1/payouts/:id', {}, (turn, _parameters, id) => requirePayout(turn, id)),
];

export function requirePayout(turn: Turn, id: string): Payout {
  const payout = turn.store.find(payouts, id);
  if (payout === undefined) throw missing('payout', id);
  return payout;
}

function requireReceiver(turn: Turn, financialAccountId: string): void {
  const account = requireFinancialAccount(turn, financialAccountId, 'payout_method');
  if (account.status === 'open') return;
  throw refused(`The financial account ${account.id} is ${account.status} and cannot receive payouts.`, {
    param: 'payout_method',
  });
}

function newPayout(
  turn: Turn,
  id: string,
  transactionId: string,
  given: {
    amount: number;
    currency: string;
    payout_method?: string | undefined;
    description?: string | undefined;
    metadata?: Record<string, string> | undefined;
  },
): Payout {
  return {
    id,
    object: 'payout',
    amount: given.amount,
    application_fee: null,
    application_fee_amount: null,
    arrival_date: turn.nowSeconds + readSettings(turn.store).payoutDelaySeconds,
    automatic: false,
    balance_transaction: transactionId,
    created: turn.nowSeconds,
    currency: given.currency,
    description: given.description ?? null,
    destination: given.payout_method === undefined ? 'ba_platform' : null,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    livemode: false,
    metadata: given.metadata ?? {},
    method: 'standard',
    original_payout: null,
    payout_method: given.payout_method ?? null,
    reconciliation_status: 'not_applicable',
    reversed_by: null,
    source_type: 'card',
    statement_descriptor: null,
    status: 'pending',
    trace_id: null,
    type: 'bank_account',
  };
}
