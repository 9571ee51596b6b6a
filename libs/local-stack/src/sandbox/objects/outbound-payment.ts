import type Stripe from 'stripe';
import { z } from 'zod';
import { defineCollection } from '../engine/collections.ts';
import { schedule } from '../engine/due-work.ts';
import { endpoint, type ParametersOf } from '../engine/endpoint.ts';
import { newId } from '../engine/object-ids.ts';
import { listOf } from '../engine/parameters.ts';
import { readSettings } from '../engine/settings.ts';
import type { Stored } from '../engine/stored.ts';
import { missing, refusedV2 } from '../engine/stripe-failure.ts';
import { isoInstant, type Turn } from '../engine/turn.ts';
import { insertV2, v2CreatedRange, v2ListPage, v2Page } from '../engine/v2-lists.ts';
import { accounts } from './account.ts';
import { availableInStorage, requireFinancialAccount } from './financial-account.ts';
import { capabilityOf } from './recipient-capability.ts';
import { moveStorage } from './storage-transaction.ts';
import { usd, v2Amount, v2Currency } from './v2-amount.ts';

export type OutboundPayment = Stored<Stripe.V2.MoneyManagement.OutboundPayment>;

export const outboundPayments = defineCollection<OutboundPayment>('outbound_payment', {
  recipient: ({ to }) => to.recipient,
  status: ({ status }) => status,
});

/** Where outbound payments are. */
export const outboundPaymentPath = '/v2/money_management/outbound_payments';

const given = {
  from: z.strictObject({ financial_account: z.string(), currency: v2Currency }),
  to: z.strictObject({ recipient: z.string(), currency: v2Currency.optional() }),
  amount: v2Amount,
  description: z.string().optional(),
  statement_descriptor: z.string().min(3).max(22).optional(),
  metadata: z.record(z.string().max(40), z.string().max(500)).optional(),
};

type Order = ParametersOf<typeof given>;

const statuses = z.enum(['canceled', 'failed', 'posted', 'processing', 'returned']);

export const outboundPaymentEndpoints = [
  endpoint('POST', outboundPaymentPath, given, (turn, order) => {
    requirePayer(turn, order);
    requireRecipient(turn, order.to.recipient);
    const postsAt = turn.nowSeconds + readSettings(turn.store).outboundPaymentDelaySeconds;
    const payment = newOutboundPayment(turn, order, postsAt);
    insertV2(turn, outboundPayments, payment);
    moveStorage(turn, {
      financialAccountId: order.from.financial_account,
      cents: -order.amount.value,
      category: 'outbound_payment',
      flow: { outbound_payment: payment.id, type: 'outbound_payment' },
      status: 'pending',
      description: order.description,
    });
    schedule(turn, postsAt, 'post_outbound_payment', payment.id);
    return payment;
  }),
  endpoint(
    'GET',
    outboundPaymentPath,
    {
      ...v2Page,
      created: v2CreatedRange.optional(),
      recipient: z.string().optional(),
      status: listOf(statuses).optional(),
    },
    (turn, { created, recipient, status, ...page }) =>
      v2ListPage(turn, outboundPayments, {
        url: outboundPaymentPath,
        filter: { equals: { recipient }, anyOf: status && { lookup: 'status', values: status }, created },
        page,
      }),
  ),
  endpoint('GET', `${outboundPaymentPath}/:id`, {}, (turn, _parameters, id) => requireOutboundPayment(turn, id)),
];

export function requireOutboundPayment(turn: Turn, id: string): OutboundPayment {
  const payment = turn.store.find(outboundPayments, id);
  if (payment === undefined) throw missing('outbound payment', id);
  return payment;
}

/** Only an open storage account with enough available money can pay. */
function requirePayer(turn: Turn, { from, amount }: Order): void {
  const account = requireFinancialAccount(turn, from.financial_account, 'from[financial_account]');
  if (account.status !== 'open' || account.type !== 'storage') {
    throw refusedV2('financial_account_not_open', `${account.id} is no open storage account.`);
  }
  if (amount.value > availableInStorage(account)) {
    throw refusedV2('insufficient_funds', `${account.id} has insufficient funds for this payment.`);
  }
}

/** Only an account that can take payments to a local bank account is paid. */
function requireRecipient(turn: Turn, recipientId: string): void {
  const account = turn.store.find(accounts, recipientId);
  if (account === undefined) throw missing('recipient', recipientId, 'to[recipient]');
  if (capabilityOf(account, 'bank_accounts.local')?.status === 'active') return;
  throw refusedV2(
    'feature_not_enabled',
    `The recipient ${recipientId} has no active bank_accounts.local capability.`,
    'recipient_feature_not_active',
  );
}

function newOutboundPayment(turn: Turn, order: Order, postsAtSeconds: number): OutboundPayment {
  const { from, to, amount, description } = order;
  return {
    id: newId('obp'),
    object: 'v2.money_management.outbound_payment',
    amount: usd(amount.value),
    cancelable: true,
    created: isoInstant(turn.nowSeconds),
    ...(description === undefined ? {} : { description }),
    expected_arrival_date: isoInstant(postsAtSeconds),
    from: { debited: usd(amount.value), financial_account: from.financial_account },
    livemode: false,
    metadata: order.metadata ?? {},
    recipient_notification: { setting: 'configured' },
    statement_descriptor: order.statement_descriptor ?? 'STRIPE',
    status: 'processing',
    to: { credited: usd(amount.value), recipient: to.recipient },
  };
}
