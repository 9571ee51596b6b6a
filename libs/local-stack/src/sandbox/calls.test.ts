import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { drained, priceOf, type SandboxForTests, sandboxForTests, seconds } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
});
afterEach(() => sandbox.stop());

async function payment(invoiceId: string): Promise<Stripe.BalanceTransaction> {
  const payments = await stripe.invoicePayments.list({ invoice: invoiceId, status: 'paid' });
  const intent = await stripe.paymentIntents.retrieve(String(payments.data[0]?.payment.payment_intent), {
    expand: ['latest_charge.balance_transaction'],
  });
  const charge = intent.latest_charge;
  if (charge === null || typeof charge === 'string') throw new Error('not expanded');
  const transaction = charge.balance_transaction;
  if (transaction === null || typeof transaction === 'string') throw new Error('not expanded');
  return transaction;
}

describe('products, settings, customers, cards', () => {
  test('a product keeps the id it was given, and exists once', async () => {
    expect((await stripe.products.retrieve('wewrite')).name).toBe('WeWrite');
    await expect(stripe.products.create({ id: 'wewrite', name: 'again' })).rejects.toMatchObject({
      code: 'resource_already_exists',
    });
  });

  test('payouts of the balance are daily until they are set to manual', async () => {
    expect((await stripe.balanceSettings.retrieve()).payments.payouts?.schedule?.interval).toBe('daily');
    await stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: 'manual' } } } });
    expect((await stripe.balanceSettings.retrieve()).payments.payouts?.schedule?.interval).toBe('manual');
  });

  test('metadata merge, an empty value removes a key', async () => {
    const { id } = await stripe.customers.create({ email: 'a@b.test', metadata: { userId: 'ü-1', plan: 'x' } });
    await stripe.customers.update(id, { metadata: { plan: '', note: '[a]&=b' } });
    expect(await stripe.customers.retrieve(id)).toMatchObject({ metadata: { userId: 'ü-1', note: '[a]&=b' } });
    expect(await stripe.customers.retrieve(id)).not.toHaveProperty('metadata.plan');
  });

  test('attaching a test card makes a payment method of its own', async () => {
    const customer = await stripe.customers.create({});
    const first = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const second = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    expect(first.id).not.toBe(second.id);
    expect(first.customer).toBe(customer.id);
    await expect(
      stripe.paymentMethods.attach('pm_card_visa_chargeDeclined', { customer: customer.id }),
    ).rejects.toMatchObject({ statusCode: 402, code: 'card_declined', type: 'StripeCardError' });
  });

  test('another customer cannot use a card', async () => {
    const owner = await sandbox.customerWith('pm_card_visa');
    const other = await stripe.customers.create({});
    const card = String(owner.invoice_settings.default_payment_method);
    await expect(
      stripe.customers.update(other.id, { invoice_settings: { default_payment_method: card } }),
    ).rejects.toMatchObject({ statusCode: 400, code: 'resource_missing' });
  });
});

describe('subscriptions', () => {
  test('E3: at the first instant of a month the whole month is billed and paid at once', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000, { metadata: { userId: 'u1' } });
    expect(subscription).toMatchObject({ status: 'active', metadata: { userId: 'u1' }, cancel_at_period_end: false });
    const item = subscription.items.data[0];
    expect(item?.current_period_start).toBe(seconds('2026-11-01T00:00:00Z'));
    expect(item?.current_period_end).toBe(seconds('2026-12-01T00:00:00Z'));
    const invoice = await stripe.invoices.retrieve(String(subscription.latest_invoice));
    expect(invoice).toMatchObject({
      status: 'paid',
      total: 1000,
      amount_paid: 1000,
      billing_reason: 'subscription_create',
    });
    expect(invoice.parent?.subscription_details?.subscription).toBe(subscription.id);
    const lines = await stripe.invoices.listLineItems(invoice.id);
    expect(lines.data).toHaveLength(1);
    expect(lines.data[0]).toMatchObject({
      amount: 1000,
      period: { start: seconds('2026-11-01T00:00:00Z'), end: seconds('2026-12-01T00:00:00Z') },
      parent: { subscription_item_details: { proration: false } },
    });
  });

  test('E3: in the middle of a month the rest is prorated by seconds', async () => {
    await sandbox.steer('2026-11-16T00:00:00Z');
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const invoice = await stripe.invoices.retrieve(String(subscription.latest_invoice));
    expect(invoice).toMatchObject({ status: 'paid', total: 500 });
    expect(invoice.lines.data[0]).toMatchObject({
      period: { start: seconds('2026-11-16T00:00:00Z'), end: seconds('2026-12-01T00:00:00Z') },
      parent: { subscription_item_details: { proration: true } },
    });
    expect(subscription.billing_cycle_anchor).toBe(seconds('2026-12-01T00:00:00Z'));
  });

  test('below 50 ¢ an invoice is paid without cash, and the debt carried to the next', async () => {
    await sandbox.steer('2026-11-30T00:00:00Z');
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 300);
    const first = await stripe.invoices.retrieve(String(subscription.latest_invoice));
    expect(first).toMatchObject({ status: 'paid', total: 10, amount_due: 0, amount_paid: 0, ending_balance: 10 });
    expect((await stripe.invoicePayments.list({ invoice: first.id })).data).toEqual([]);
    await sandbox.steer('2026-12-01T02:00:00Z');
    const [next] = (await stripe.invoices.list({ subscription: subscription.id })).data;
    expect(next).toMatchObject({
      status: 'paid',
      total: 300,
      amount_paid: 310,
      starting_balance: 10,
      ending_balance: 0,
    });
  });

  test('without proration the first part of a month is free and makes no invoice', async () => {
    await sandbox.steer('2026-11-16T00:00:00Z');
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000, { proration_behavior: 'none' });
    expect(subscription).toMatchObject({ status: 'active', latest_invoice: null });
  });

  test('a failing card: refused, incomplete or left to be confirmed, as payment_behavior says', async () => {
    const customer = await sandbox.customerWith('pm_card_chargeCustomerFail');
    await expect(sandbox.subscribe(customer.id, 1000)).rejects.toMatchObject({
      statusCode: 402,
      code: 'card_declined',
    });
    expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([]);
    const allowed = await sandbox.subscribe(customer.id, 1000, { payment_behavior: 'allow_incomplete' });
    expect(allowed.status).toBe('incomplete');
    const deferred = await sandbox.subscribe(customer.id, 1000, { payment_behavior: 'default_incomplete' });
    expect(deferred.status).toBe('incomplete');
    const invoice = await stripe.invoices.retrieve(String(deferred.latest_invoice));
    expect(invoice).toMatchObject({ status: 'open', attempt_count: 0 });
    await sandbox.steer('2026-11-02T00:00:00Z');
    expect((await stripe.subscriptions.retrieve(deferred.id)).status).toBe('incomplete_expired');
    expect((await stripe.invoices.retrieve(invoice.id)).status).toBe('void');
  });

  test('an incomplete subscription starts when its invoice is paid with another card', async () => {
    const customer = await sandbox.customerWith('pm_card_chargeCustomerFail');
    const subscription = await sandbox.subscribe(customer.id, 1000, { payment_behavior: 'allow_incomplete' });
    const invoiceId = String(subscription.latest_invoice);
    await expect(stripe.invoices.pay(invoiceId)).rejects.toMatchObject({ code: 'card_declined' });
    expect((await stripe.invoices.retrieve(invoiceId)).attempt_count).toBe(2);
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    expect((await stripe.invoices.pay(invoiceId, { payment_method: card.id })).status).toBe('paid');
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
    await expect(stripe.invoices.pay(invoiceId)).rejects.toMatchObject({ code: 'invoice_already_paid' });
  });

  test('prices change with the next renewal; anything else than no proration is refused', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const items = [{ id: String(subscription.items.data[0]?.id), price_data: priceOf(2500) }];
    await expect(stripe.subscriptions.update(subscription.id, { items })).rejects.toMatchObject({ statusCode: 400 });
    await stripe.subscriptions.update(subscription.id, { items, proration_behavior: 'none' });
    expect((await stripe.invoices.list({ subscription: subscription.id })).data).toHaveLength(1);
    await sandbox.steer('2026-12-01T01:00:00Z');
    const [renewal] = (await stripe.invoices.list({ subscription: subscription.id })).data;
    expect(renewal).toMatchObject({ total: 2500, status: 'paid', billing_reason: 'subscription_cycle' });
  });

  test('canceled at once: gone from the list, its end told', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const canceled = await stripe.subscriptions.cancel(subscription.id, { invoice_now: false, prorate: false });
    expect(canceled).toMatchObject({ status: 'canceled', ended_at: seconds('2026-11-01T00:00:00Z') });
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toEqual([]);
    expect((await stripe.events.list({ type: 'customer.subscription.deleted' })).data).toHaveLength(1);
    await expect(stripe.subscriptions.cancel(subscription.id)).rejects.toMatchObject({ statusCode: 404 });
  });
});

describe('money', () => {
  test('a charge of $10.00 costs 59 ¢ and is available after two days, which balance.available tells', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    expect(await payment(String(subscription.latest_invoice))).toMatchObject({
      amount: 1000,
      fee: 59,
      net: 941,
      status: 'pending',
      available_on: seconds('2026-11-03T00:00:00Z'),
    });
    expect((await stripe.balance.retrieve()).pending[0]?.amount).toBe(941);
    await sandbox.steer('2026-11-03T00:00:00Z');
    const balance = await stripe.balance.retrieve();
    expect([balance.available[0]?.amount, balance.pending[0]?.amount]).toEqual([941, 0]);
    const [told] = (await stripe.events.list({ type: 'balance.available' })).data;
    expect(told?.created).toBe(seconds('2026-11-03T00:00:00Z'));
    expect((await payment(String(subscription.latest_invoice))).status).toBe('available');
  });

  test('money that bypasses pending is available at once', async () => {
    const customer = await sandbox.customerWith('pm_card_bypassPending');
    const subscription = await sandbox.subscribe(customer.id, 500);
    expect(await payment(String(subscription.latest_invoice))).toMatchObject({
      fee: 45,
      net: 455,
      status: 'available',
    });
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(455);
    await drained(sandbox.url);
    expect((await stripe.events.list({ type: 'balance.available' })).data).toHaveLength(1);
  });

  test('a top-up is a balance transaction, and its source can be expanded', async () => {
    await sandbox.control('POST', '/_sandbox/topups', { amount: 50_000 });
    const list = await stripe.balanceTransactions.list({ type: 'topup', currency: 'usd', expand: ['data.source'] });
    expect(list.data[0]).toMatchObject({
      amount: 50_000,
      net: 50_000,
      fee: 0,
      source: { object: 'topup', status: 'succeeded' },
    });
    expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(50_000);
  });

  test('lists are paged newest first, in both directions, and bounded by time', async () => {
    for (const day of ['01', '02', '03', '04', '05']) {
      await sandbox.steer(`2026-11-${day}T00:00:00Z`);
      await sandbox.control('POST', '/_sandbox/topups', { amount: Number(day) });
    }
    const first = await stripe.balanceTransactions.list({ limit: 2 });
    expect(first).toMatchObject({ has_more: true, data: [{ amount: 5 }, { amount: 4 }] });
    const second = await stripe.balanceTransactions.list({ limit: 2, starting_after: String(first.data[1]?.id) });
    expect(second.data.map(({ amount }) => amount)).toEqual([3, 2]);
    const back = await stripe.balanceTransactions.list({ limit: 2, ending_before: String(second.data[1]?.id) });
    expect(back).toMatchObject({ has_more: true, data: [{ amount: 4 }, { amount: 3 }] });
    const all: number[] = [];
    for await (const { amount } of stripe.balanceTransactions.list({ limit: 2 })) all.push(amount);
    expect(all).toEqual([5, 4, 3, 2, 1]);
    const range = { gte: seconds('2026-11-02T00:00:00Z'), lt: seconds('2026-11-04T00:00:00Z') };
    expect((await stripe.balanceTransactions.list({ created: range })).data.map(({ amount }) => amount)).toEqual([
      3, 2,
    ]);
    const [one] = (await stripe.balanceTransactions.list({ created: range.gte })).data;
    expect(await stripe.balanceTransactions.retrieve(String(one?.id))).toEqual(one);
  });
});
