import type Stripe from 'stripe';
import { defineCollection } from '../engine/collections.ts';
import { endpoint } from '../engine/endpoint.ts';
import { emitThin } from '../engine/events.ts';
import { newId } from '../engine/object-ids.ts';
import type { Stored } from '../engine/stored.ts';
import { missing } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';
import { insertV2, v2CreatedRange, v2ListPage, v2Page } from '../engine/v2-lists.ts';
import { moveStorage } from './storage-transaction.ts';
import { usd } from './v2-amount.ts';

export type ReceivedCredit = Stored<Stripe.V2.MoneyManagement.ReceivedCredit>;

export const receivedCredits = defineCollection<ReceivedCredit>('received_credit');

const path = '/v2/money_management/received_credits';

export const receivedCreditEndpoints = [
  endpoint('GET', path, { ...v2Page, created: v2CreatedRange.optional() }, (turn, { created, ...page }) =>
    v2ListPage(turn, receivedCredits, { url: path, filter: { created }, page }),
  ),
  endpoint('GET', `${path}/:id`, {}, (turn, _parameters, id) => {
    const credit = turn.store.find(receivedCredits, id);
    if (credit === undefined) throw missing('received credit', id);
    return credit;
  }),
];

/** The arrival of a payout in a financial account, available at once. */
export function receiveCredit(
  turn: Turn,
  given: { payoutId: string; financialAccountId: string; cents: number; description: string | null },
): void {
  const id = newId('rcrd');
  const description = given.description === null ? {} : { description: given.description };
  const credit: ReceivedCredit = {
    id,
    object: 'v2.money_management.received_credit',
    amount: usd(given.cents),
    amount_received: usd(given.cents),
    balance_transfer: { payout: given.payoutId, type: 'payout' },
    created: isoInstant(turn.nowSeconds),
    ...description,
    financial_account: given.financialAccountId,
    livemode: false,
    status: 'succeeded',
    status_transitions: { succeeded_at: isoInstant(turn.nowSeconds) },
    type: 'balance_transfer',
  };
  insertV2(turn, receivedCredits, credit);
  const transaction = moveStorage(turn, {
    financialAccountId: given.financialAccountId,
    cents: given.cents,
    category: 'received_credit',
    flow: { received_credit: id, type: 'received_credit' },
    status: 'posted',
    ...description,
  });
  const related = { id, type: 'v2.money_management.received_credit', url: `${path}/${id}` };
  emitThin(turn, 'v2.money_management.received_credit.succeeded', related, {});
  emitThin(turn, 'v2.money_management.received_credit.available', related, { transaction_id: transaction.id });
}
