import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { emit } from '../engine/events.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import type { Turn } from '../engine/turn.ts';
import { post } from './balance.ts';
import { newBalanceTransaction } from './balance-transaction.ts';

export type Topup = Stored<Stripe.Topup>;

export const topups = defineCollection<Topup>('topup');

/** Money that the platform puts into its own Stripe balance, in cents. */
export const topupOrder = z.strictObject({ amount: z.int().min(1), description: z.string().optional() });

/** Puts money into the balance, available at once, as a bank transfer that has arrived. */
export function topUp(turn: Turn, order: z.output<typeof topupOrder>): Topup {
  const id = newId('tu');
  const transaction = newBalanceTransaction(turn, {
    type: 'topup',
    source: id,
    amountCents: order.amount,
    feeCents: 0,
    currency: 'usd',
    availableOn: turn.nowSeconds,
    description: order.description ?? null,
  });
  const topup: Topup = {
    id,
    object: 'topup',
    amount: order.amount,
    balance_transaction: transaction.id,
    created: turn.nowSeconds,
    currency: 'usd',
    description: order.description ?? null,
    expected_availability_date: turn.nowSeconds,
    failure_code: null,
    failure_message: null,
    initiated_by: 'user',
    livemode: false,
    metadata: {},
    source: null,
    statement_descriptor: null,
    status: 'succeeded',
    transfer_group: null,
  };
  turn.store.insert(topups, topup, turn.nowSeconds);
  post(turn, transaction);
  emit(turn, 'topup.succeeded', topup);
  return topup;
}
