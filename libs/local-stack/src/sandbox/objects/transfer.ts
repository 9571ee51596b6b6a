import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { listPage } from '../engine/lists.ts';
import { metadata } from '../engine/metadata.ts';
import { newId } from '../engine/object-ids.ts';
import { amountCents, createdRange, currency, page, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { accounts } from './account.ts';
import { availableCents, post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import { capabilityOf } from './recipient-capability.ts';

export type Transfer = Stored<Stripe.Transfer>;

export const transfers = defineCollection<Transfer>('transfer', {
  destination: ({ destination }) => destination,
  transfer_group: ({ transfer_group }) => transfer_group,
});

export const transferEndpoints = [
  endpoint(
    'POST',
    '/v1/transfers',
    {
      amount: amountCents(1),
      currency,
      destination: words,
      description: words.optional(),
      metadata: metadata.optional(),
      transfer_group: words.optional(),
    },
    (turn, order) => {
      requireReceiver(turn, order.destination);
      if (order.amount > availableCents(turn)) {
        throw refused(
          'You have insufficient available funds in your Stripe account. Try adding funds directly to your available balance.',
          { code: 'balance_insufficient' },
        );
      }
      const id = newId('tr');
      const transaction = newBalanceTransaction(turn, {
        type: 'transfer',
        source: id,
        amountCents: -order.amount,
        feeCents: 0,
        currency: order.currency,
        availableOn: turn.nowSeconds,
        description: order.description ?? null,
      });
      const transfer = newTransfer(turn, id, transaction.id, order);
      turn.store.insert(transfers, transfer, turn.nowSeconds);
      post(turn, transaction);
      emit(turn, 'transfer.created', transfer);
      return transfer;
    },
  ),
  endpoint(
    'GET',
    '/v1/transfers',
    { ...page, created: createdRange.optional(), destination: words.optional(), transfer_group: words.optional() },
    (turn, { created, destination, transfer_group, ...ofPage }) =>
      listPage(turn.store, transfers, {
        url: '/v1/transfers',
        filter: { equals: { destination, transfer_group }, created },
        page: ofPage,
      }),
  ),
  endpoint('GET', '/v1/transfers/:id', {}, (turn, _parameters, id) => requireTransfer(turn, id)),
];

export function requireTransfer(turn: Turn, id: string): Transfer {
  const transfer = turn.store.find(transfers, id);
  if (transfer === undefined) throw missing('transfer', id);
  return transfer;
}

/** Only an account whose transfers capability is active can receive. */
function requireReceiver(turn: Turn, destination: string): void {
  const account = turn.store.find(accounts, destination);
  if (account === undefined) throw missing('destination', destination, 'destination');
  if (capabilityOf(account, 'stripe_balance.stripe_transfers')?.status === 'active') return;
  throw refused(
    'Your destination account needs to have at least one of the following capabilities enabled: transfers, crypto_transfers, legacy_payments',
    { code: 'insufficient_capabilities_for_transfer' },
  );
}

function newTransfer(
  turn: Turn,
  id: string,
  transactionId: string,
  order: {
    amount: number;
    currency: string;
    destination: string;
    description?: string | undefined;
    metadata?: Record<string, string> | undefined;
    transfer_group?: string | undefined;
  },
): Transfer {
  return {
    id,
    object: 'transfer',
    amount: order.amount,
    amount_reversed: 0,
    balance_transaction: transactionId,
    created: turn.nowSeconds,
    currency: order.currency,
    description: order.description ?? null,
    destination: order.destination,
    destination_payment: newId('py'),
    livemode: false,
    metadata: order.metadata ?? {},
    reversals: { object: 'list', data: [], has_more: false, url: `/v1/transfers/${id}/reversals` },
    reversed: false,
    source_transaction: null,
    source_type: 'card',
    transfer_group: order.transfer_group ?? null,
  };
}
