import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emit } from '../engine/events.ts';
import { metadata } from '../engine/metadata.ts';
import { newId } from '../engine/object-ids.ts';
import { amountCents, words } from '../engine/parameters.ts';
import type { Stored } from '../engine/stored.ts';
import { refused } from '../engine/stripe-failure.ts';
import type { Turn } from '../engine/turn.ts';
import { post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';
import { requireTransfer, type Transfer, transfers } from './transfer.ts';

type TransferReversal = Stored<Stripe.TransferReversal>;

export const transferReversals = defineCollection<TransferReversal>('transfer_reversal');

/** Takes money back from a connected account, which is taken to still have it: its balance is not kept here. */
export const reverseTransferEndpoints = [
  endpoint(
    'POST',
    '/v1/transfers/:id/reversals',
    { amount: amountCents(1).optional(), description: words.optional(), metadata: metadata.optional() },
    (turn, order, id) => {
      const transfer = requireTransfer(turn, id);
      const cents = reversibleCents(transfer, order.amount);
      const reversal = newReversal(turn, transfer, cents, order);
      turn.store.insert(transferReversals, reversal, turn.nowSeconds);
      transfer.amount_reversed += cents;
      transfer.reversed = transfer.amount_reversed === transfer.amount;
      transfer.reversals.data.unshift(reversal);
      turn.store.replace(transfers, transfer);
      emit(turn, 'transfer.reversed', transfer);
      return reversal;
    },
  ),
];

/** The amount asked for, or all that is left. */
function reversibleCents(transfer: Transfer, wishedCents: number | undefined): number {
  const leftCents = transfer.amount - transfer.amount_reversed;
  if (leftCents === 0) throw refused(`Transfer ${transfer.id} is already fully reversed.`);
  if (wishedCents === undefined || wishedCents <= leftCents) return wishedCents ?? leftCents;
  throw refused(`Reversal amount (${wishedCents}) is greater than the unreversed amount on transfer (${leftCents})`, {
    param: 'amount',
  });
}

function newReversal(
  turn: Turn,
  transfer: Transfer,
  cents: number,
  order: { description?: string | undefined; metadata?: Record<string, string> | undefined },
): TransferReversal {
  const id = newId('trr');
  const transaction = newBalanceTransaction(turn, {
    type: 'transfer_refund',
    source: id,
    amountCents: cents,
    feeCents: 0,
    currency: transfer.currency,
    availableOn: turn.nowSeconds,
    description: order.description ?? null,
  });
  post(turn, transaction);
  return {
    id,
    object: 'transfer_reversal',
    amount: cents,
    balance_transaction: transaction.id,
    created: turn.nowSeconds,
    currency: transfer.currency,
    destination_payment_refund: newId('pyr'),
    metadata: order.metadata ?? {},
    source_refund: null,
    transfer: transfer.id,
  };
}
