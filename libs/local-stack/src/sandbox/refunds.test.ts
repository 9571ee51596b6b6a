import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { drained, type SandboxForTests, sandboxForTests } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
});
afterEach(() => sandbox.stop());

/** The payment intent of a month of $10.00, paid with a card. */
async function payment(card: string): Promise<string> {
  const customer = await sandbox.customerWith(card);
  const subscription = await sandbox.subscribe(customer.id, 1000);
  const { data } = await stripe.invoicePayments.list({ invoice: String(subscription.latest_invoice) });
  return String(data[0]?.payment.payment_intent);
}

const available = async () => (await stripe.balance.retrieve()).available[0]?.amount;

async function chargeOf(intentId: string): Promise<Stripe.Charge> {
  const { latest_charge: id } = await stripe.paymentIntents.retrieve(intentId);
  return await stripe.charges.retrieve(String(id));
}

async function told(): Promise<string[]> {
  const types = ['refund.created', 'refund.updated', 'refund.failed'];
  return (await stripe.events.list({ types })).data.map(({ type }) => type).reverse();
}

describe('refunds', () => {
  test('give back a payment in parts, never more than it was; the fee stays', async () => {
    const intent = await payment('pm_card_bypassPending');
    const metadata = { reason: 'late' };
    const first = await stripe.refunds.create({
      payment_intent: intent,
      amount: 300,
      reason: 'requested_by_customer',
      metadata,
    });
    expect(first).toMatchObject({
      object: 'refund',
      status: 'succeeded',
      amount: 300,
      payment_intent: intent,
      metadata,
    });
    expect(await available()).toBe(941 - 300);
    const { balance_transaction: transaction } = await stripe.refunds.retrieve(first.id, {
      expand: ['balance_transaction'],
    });
    expect(transaction).toMatchObject({ type: 'refund', amount: -300, fee: 0, net: -300, source: first.id });
    expect(await chargeOf(intent)).toMatchObject({ amount_refunded: 300, refunded: false });
    await expect(stripe.refunds.create({ payment_intent: intent, amount: 701 })).rejects.toMatchObject({
      statusCode: 400,
      param: 'amount',
    });
    await sandbox.control('POST', '/_sandbox/topups', { amount: 1000 });
    expect((await stripe.refunds.create({ payment_intent: intent })).amount).toBe(700);
    expect(await chargeOf(intent)).toMatchObject({ amount_refunded: 1000, refunded: true });
    await expect(stripe.refunds.create({ payment_intent: intent })).rejects.toMatchObject({
      code: 'charge_already_refunded',
    });
    const { data } = await stripe.refunds.list({ payment_intent: intent });
    expect(data.map(({ amount }) => amount)).toEqual([700, 300]);
    expect(await told()).toEqual(['refund.created', 'refund.created']);
  });

  test('wait for money that is available, oldest first', async () => {
    const intents = [await payment('pm_card_visa'), await payment('pm_card_visa')];
    for (const intent of intents) await stripe.refunds.create({ payment_intent: intent, amount: 600 });
    const statuses = async () => {
      const all = await Promise.all(intents.map((intent) => stripe.refunds.list({ payment_intent: intent })));
      return all.flatMap(({ data }) => data.map(({ status }) => status));
    };
    expect(await statuses()).toEqual(['pending', 'pending']);
    const [waiting] = (await stripe.refunds.list()).data;
    expect(waiting).toMatchObject({ pending_reason: 'insufficient_funds', balance_transaction: null });
    await sandbox.control('POST', '/_sandbox/topups', { amount: 700 });
    await drained(sandbox.url);
    expect(await statuses()).toEqual(['succeeded', 'pending']);
    await sandbox.steer('2026-11-03T00:00:00Z');
    expect(await statuses()).toEqual(['succeeded', 'succeeded']);
    expect(await available()).toBe(700 + 2 * 941 - 2 * 600);
    expect(await told()).toEqual(['refund.created', 'refund.created', 'refund.updated', 'refund.updated']);
  });

  test('to a card that cannot take them fail later, and the money is back', async () => {
    const intent = await payment('pm_card_refundFail');
    await sandbox.control('POST', '/_sandbox/topups', { amount: 5000 });
    const refund = await stripe.refunds.create({ payment_intent: intent });
    expect(refund.status).toBe('succeeded');
    await drained(sandbox.url);
    expect(await stripe.refunds.retrieve(refund.id, { expand: ['failure_balance_transaction'] })).toMatchObject({
      status: 'failed',
      failure_reason: 'expired_or_canceled_card',
      failure_balance_transaction: { type: 'refund_failure', amount: 1000 },
    });
    expect(await available()).toBe(5000);
    expect(await chargeOf(intent)).toMatchObject({ amount_refunded: 0, refunded: false });
    expect(await told()).toEqual(['refund.created', 'refund.updated', 'refund.failed']);
  });

  test('need a payment that succeeded', async () => {
    const customer = await sandbox.customerWith('pm_card_chargeCustomerFail');
    const subscription = await sandbox.subscribe(customer.id, 1000, { payment_behavior: 'allow_incomplete' });
    const { data } = await stripe.invoicePayments.list({ invoice: String(subscription.latest_invoice) });
    await expect(
      stripe.refunds.create({ payment_intent: String(data[0]?.payment.payment_intent) }),
    ).rejects.toMatchObject({ statusCode: 400, code: 'payment_intent_unexpected_state' });
    await expect(stripe.refunds.create({ payment_intent: 'pi_nothing' })).rejects.toMatchObject({
      code: 'resource_missing',
      param: 'payment_intent',
    });
    await expect(stripe.refunds.retrieve('re_nothing')).rejects.toMatchObject({ statusCode: 404 });
  });
});
