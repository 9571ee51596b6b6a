import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { type SandboxForTests, sandboxForTests, seconds } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
});
afterEach(() => sandbox.stop());

async function invoicesOf(subscription: Stripe.Subscription) {
  return (await stripe.invoices.list({ subscription: subscription.id })).data;
}

async function eventTypes(): Promise<string[]> {
  const types: string[] = [];
  for await (const { type } of stripe.events.list({ limit: 100 })) types.push(type);
  return types.reverse();
}

describe('a renewal', () => {
  test('is a draft on the 1st at 00:00:00, charged an hour later, each at its own instant', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    await sandbox.steer('2026-12-01T00:59:59Z');
    const [draft] = await invoicesOf(subscription);
    expect(draft).toMatchObject({
      status: 'draft',
      total: 1000,
      created: seconds('2026-12-01T00:00:00Z'),
      number: null,
    });
    expect(draft?.automatically_finalizes_at).toBe(seconds('2026-12-01T01:00:00Z'));
    expect(draft?.lines.data[0]?.period).toEqual({
      start: seconds('2026-12-01T00:00:00Z'),
      end: seconds('2027-01-01T00:00:00Z'),
    });
    await sandbox.steer('2026-12-05T00:00:00Z');
    const [paid] = await invoicesOf(subscription);
    expect(paid).toMatchObject({
      id: draft?.id,
      status: 'paid',
      status_transitions: { finalized_at: seconds('2026-12-01T01:00:00Z'), paid_at: seconds('2026-12-01T01:00:00Z') },
    });
    const renewed = await stripe.subscriptions.retrieve(subscription.id);
    expect(renewed).toMatchObject({ status: 'active', latest_invoice: paid?.id });
    expect(renewed.items.data[0]?.current_period_end).toBe(seconds('2027-01-01T00:00:00Z'));
    const [charge] = (await stripe.balanceTransactions.list({ type: 'charge' })).data;
    expect(charge).toMatchObject({
      created: seconds('2026-12-01T01:00:00Z'),
      available_on: seconds('2026-12-03T01:00:00Z'),
      status: 'available',
    });
  });

  test('that fails is tried again three times, and leaves the invoice open and the subscription past_due, month after month', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: failing.id } });
    await sandbox.steer('2026-12-01T01:00:00Z');
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    await sandbox.steer('2027-01-01T01:00:00Z');
    const [january, december] = await invoicesOf(subscription);
    expect(december).toMatchObject({ status: 'open', attempt_count: 4, attempted: true, next_payment_attempt: null });
    const next_payment_attempt = seconds('2027-01-04T01:00:00Z');
    expect(january).toMatchObject({ status: 'open', attempt_count: 1, next_payment_attempt });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    const failures = await stripe.events.list({ type: 'invoice.payment_failed' });
    expect(failures.data.map(({ created }) => created)).toEqual([
      seconds('2027-01-01T01:00:00Z'),
      seconds('2026-12-08T01:00:00Z'),
      seconds('2026-12-06T01:00:00Z'),
      seconds('2026-12-04T01:00:00Z'),
      seconds('2026-12-01T01:00:00Z'),
    ]);
  });

  test('voided, an invoice can no longer be paid, and the subscription stays past_due until all is paid', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const failing = await stripe.paymentMethods.attach('pm_card_chargeCustomerFail', { customer: customer.id });
    await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: failing.id } });
    await sandbox.steer('2027-01-01T02:00:00Z');
    const [january, december] = await invoicesOf(subscription);
    const voided = await stripe.invoices.voidInvoice(String(december?.id));
    expect(voided).toMatchObject({
      status: 'void',
      status_transitions: { voided_at: seconds('2027-01-01T02:00:00Z') },
    });
    await expect(stripe.invoices.pay(String(december?.id))).rejects.toMatchObject({ statusCode: 400 });
    await expect(stripe.invoices.voidInvoice(String(december?.id))).rejects.toMatchObject({ statusCode: 400 });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('past_due');
    const card = await stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await stripe.invoices.pay(String(january?.id), { payment_method: card.id });
    expect((await stripe.subscriptions.retrieve(subscription.id)).status).toBe('active');
  });

  test('does not happen to a subscription that was to end: it ends at the boundary, without an invoice', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const kept = await sandbox.subscribe(customer.id, 700);
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: true });
    expect(ending).toMatchObject({ status: 'active', cancel_at: seconds('2026-12-01T00:00:00Z') });
    await stripe.subscriptions.update(kept.id, { cancel_at_period_end: true });
    await stripe.subscriptions.update(kept.id, { cancel_at_period_end: false });
    await sandbox.steer('2026-12-01T00:00:00Z');
    expect(await stripe.subscriptions.retrieve(subscription.id)).toMatchObject({
      status: 'canceled',
      ended_at: seconds('2026-12-01T00:00:00Z'),
      canceled_at: seconds('2026-11-01T00:00:00Z'),
    });
    expect(await invoicesOf(subscription)).toHaveLength(1);
    expect(await invoicesOf(kept)).toHaveLength(2);
    const [deleted] = (await stripe.events.list({ type: 'customer.subscription.deleted' })).data;
    expect(deleted).toMatchObject({ created: seconds('2026-12-01T00:00:00Z'), request: null });
  });

  test('of a canceled subscription is no longer collected', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    await sandbox.steer('2026-12-01T00:30:00Z');
    await stripe.subscriptions.cancel(subscription.id);
    await sandbox.steer('2026-12-02T00:00:00Z');
    expect((await invoicesOf(subscription))[0]).toMatchObject({ status: 'draft', auto_advance: false });
  });
});

describe('time', () => {
  test('passes through many months in order', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    await sandbox.steer('2027-03-15T00:00:00Z');
    expect((await invoicesOf(subscription)).map(({ created, status }) => [created, status])).toEqual(
      ['2027-03-01', '2027-02-01', '2027-01-01', '2026-12-01', '2026-11-01'].map((day) => [
        seconds(`${day}T00:00:00Z`),
        'paid',
      ]),
    );
    const created = (await stripe.events.list({ limit: 100 })).data.map((event) => event.created);
    expect(created).toEqual(created.toSorted((left, right) => right - left));
  });

  test('the same steps come out the same, taken at once or one by one', async () => {
    const other = await sandboxForTests();
    try {
      for (const each of [sandbox, other]) {
        const customer = await each.customerWith('pm_card_visa');
        await each.subscribe(customer.id, 1000);
      }
      for (const step of ['2026-12-01T00:00:00Z', '2026-12-01T01:00:00Z', '2026-12-03T01:00:00Z'])
        await other.steer(step);
      await sandbox.steer('2026-12-03T01:00:00Z');
      const types = await eventTypes();
      const stepped = (await other.stripe.events.list({ limit: 100 })).data.map(({ type }) => type).reverse();
      expect(types).toEqual(stepped);
    } finally {
      await other.stop();
    }
  });

  test('does not go backwards', async () => {
    const refused = await sandbox.steer('2026-10-31T23:59:59.999Z');
    expect(refused.status).toBe(409);
    expect(await sandbox.control('GET', '/clock')).toEqual({ now: '2026-11-01T00:00:00.000Z', running: false });
  });
});
