import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emitThin } from '../engine/events.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';
import { insertV2, v2CreatedRange, v2ListPage, v2Page } from '../engine/v2-lists.ts';
import { changeBalance } from './financial-account.ts';
import { usd } from './v2-amount.ts';

export type StorageTransaction = Stored<Stripe.V2.MoneyManagement.Transaction>;
type Flow = NonNullable<StorageTransaction['flow']>;

/** The movements of financial accounts (v2); those of the payments balance are balance transactions (v1). */
export const storageTransactions = defineCollection<StorageTransaction>('storage_transaction', {
  financial_account: ({ financial_account }) => financial_account,
  flow: ({ flow }) => flow?.outbound_payment ?? flow?.received_credit ?? flow?.fee_batch,
});

const path = '/v2/money_management/transactions';

export const storageTransactionEndpoints = [
  endpoint(
    'GET',
    path,
    {
      ...v2Page,
      created: v2CreatedRange.optional(),
      financial_account: z.string().optional(),
      flow: z.string().optional(),
    },
    (turn, { created, financial_account, flow, ...page }) =>
      v2ListPage(turn, storageTransactions, {
        url: path,
        filter: { equals: { financial_account, flow }, created },
        page,
      }),
  ),
  endpoint('GET', `${path}/:id`, {}, (turn, _parameters, id) => {
    const transaction = turn.store.find(storageTransactions, id);
    if (transaction === undefined) throw missing('transaction', id);
    return transaction;
  }),
];

/**
 * Moves an account's money and records it: by a positive amount in, by a negative one out. What leaves as `pending` is
 * set aside until it is settled or voided.
 */
export function moveStorage(
  turn: Turn,
  given: {
    financialAccountId: string;
    cents: number;
    category: StorageTransaction['category'];
    flow: Flow;
    status: 'pending' | 'posted';
    description?: string | undefined;
  },
): StorageTransaction {
  const pending = given.status === 'pending';
  const setAsideCents = pending ? -given.cents : 0;
  const transaction: StorageTransaction = {
    id: newId('trxn'),
    object: 'v2.money_management.transaction',
    amount: usd(given.cents),
    balance_impact: { available: usd(given.cents), inbound_pending: usd(0), outbound_pending: usd(setAsideCents) },
    category: given.category,
    created: isoInstant(turn.nowSeconds),
    ...(given.description === undefined ? {} : { description: given.description }),
    financial_account: given.financialAccountId,
    flow: given.flow,
    livemode: false,
    metadata: {},
    regulatory_receipt: { status: 'not_applicable' },
    status: given.status,
    status_transitions: pending ? {} : { posted_at: isoInstant(turn.nowSeconds) },
  };
  changeBalance(turn, given.financialAccountId, { availableCents: given.cents, outboundPendingCents: setAsideCents });
  insertV2(turn, storageTransactions, transaction);
  tell(turn, 'v2.money_management.transaction.created', transaction);
  return transaction;
}

/** The pending movement of a flow has left for good. */
export function settleStorage(turn: Turn, flowId: string): void {
  const transaction = requirePending(turn, flowId);
  const setAsideCents = transaction.balance_impact.outbound_pending.value;
  transaction.balance_impact.outbound_pending = usd(0);
  transaction.status = 'posted';
  transaction.status_transitions = { posted_at: isoInstant(turn.nowSeconds) };
  finish(turn, transaction, { outboundPendingCents: -setAsideCents });
}

/** The pending movement of a flow does not happen: what was set aside is available again. */
export function voidStorage(turn: Turn, flowId: string): void {
  const transaction = requirePending(turn, flowId);
  const setAsideCents = transaction.balance_impact.outbound_pending.value;
  transaction.balance_impact = { available: usd(0), inbound_pending: usd(0), outbound_pending: usd(0) };
  transaction.status = 'void';
  transaction.status_transitions = { void_at: isoInstant(turn.nowSeconds) };
  finish(turn, transaction, { availableCents: setAsideCents, outboundPendingCents: -setAsideCents });
}

function requirePending(turn: Turn, flowId: string): StorageTransaction {
  const all = turn.store.list(storageTransactions, { equals: { flow: flowId } }, 10);
  const pending = all.find(({ status }) => status === 'pending');
  if (pending === undefined) throw new Error(`${flowId} has no pending transaction`);
  return pending;
}

function finish(turn: Turn, transaction: StorageTransaction, change: Parameters<typeof changeBalance>[2]): void {
  changeBalance(turn, transaction.financial_account, change);
  turn.store.replace(storageTransactions, transaction);
  tell(turn, 'v2.money_management.transaction.updated', transaction);
}

function tell(turn: Turn, type: string, { id }: StorageTransaction): void {
  emitThin(turn, type, { id, type: 'v2.money_management.transaction', url: `${path}/${id}` }, {});
}
