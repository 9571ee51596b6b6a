import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { listPage } from '../engine/lists.ts';
import { newId } from '../engine/object-ids.ts';
import { createdRange, currency, page, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';

export type BalanceTransaction = Stored<Stripe.BalanceTransaction>;

export const balanceTransactions = defineCollection<BalanceTransaction>('balance_transaction', {
  type: ({ type }) => type,
  currency: ({ currency }) => currency,
  source: ({ source }) => source,
  status: ({ status }) => status,
});

export const balanceTransactionEndpoints = [
  endpoint(
    'GET',
    '/v1/balance_transactions',
    {
      ...page,
      created: createdRange.optional(),
      currency: currency.optional(),
      source: words.optional(),
      type: words.optional(),
    },
    (turn, { created, currency: ofCurrency, source, type, ...ofPage }) =>
      listPage(turn.store, balanceTransactions, {
        url: '/v1/balance_transactions',
        filter: { equals: { type, source, currency: ofCurrency }, created },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/balance_transactions/:id', {}, (turn, _parameters, id) => {
    const transaction = turn.store.find(balanceTransactions, id);
    if (transaction === undefined) throw missing('balance transaction', id);
    return transaction;
  }),
];

/** How reports group the types, where they do not keep the type's own name. */
const reportingCategories: Readonly<Partial<Record<BalanceTransaction['type'], string>>> = {
  payout_cancel: 'payout_reversal',
  payout_failure: 'payout_reversal',
  transfer_refund: 'transfer_reversal',
};

/** A movement of our balance; it is available once `availableOn` has come. */
export function newBalanceTransaction(
  turn: Turn,
  given: {
    type:
      | 'adjustment'
      | 'charge'
      | 'payout'
      | 'payout_cancel'
      | 'payout_failure'
      | 'refund'
      | 'refund_failure'
      | 'topup'
      | 'transfer'
      | 'transfer_refund';
    source: string;
    amountCents: number;
    feeCents: number;
    currency: string;
    /** Where reports group it elsewhere than its type says. */
    reportingCategory?: string;
    availableOn: number;
    description: string | null;
  },
): BalanceTransaction {
  const fee = { amount: given.feeCents, application: null, currency: given.currency, type: 'stripe_fee' };
  return {
    id: newId('txn'),
    object: 'balance_transaction',
    amount: given.amountCents,
    available_on: given.availableOn,
    balance_type: 'payments',
    created: turn.nowSeconds,
    currency: given.currency,
    description: given.description,
    exchange_rate: null,
    fee: given.feeCents,
    fee_details: given.feeCents === 0 ? [] : [{ ...fee, description: 'Stripe processing fees' }],
    net: given.amountCents - given.feeCents,
    reporting_category: given.reportingCategory ?? reportingCategories[given.type] ?? given.type,
    source: given.source,
    status: given.availableOn <= turn.nowSeconds ? 'available' : 'pending',
    type: given.type,
  };
}
