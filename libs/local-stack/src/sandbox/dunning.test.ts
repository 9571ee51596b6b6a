import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { type SandboxForTests, sandboxForTests, seconds } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
let customer: Stripe.Customer;
let subscription: Stripe.Subscription;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
  customer = await sandbox.customerWith('pm_card_visa');
  subscription = await sandbox.subscribe(customer.id, 1000);
});
afterEach(() => sandbox.stop());

async function useCard(card: string): Promise<void> {
  const { id } = await stripe.paymentMethods.attach(card, { customer: customer.id });
  await stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: id } });
}

async function renewal(): Promise<Stripe.Invoice> {
  const { latest_invoice: id } = await stripe.subscriptions.retrieve(subscription.id);
  return await stripe.invoices.retrieve(String(id));
}

const status = async () => (await stripe.subscriptions.retrieve(subscription.id)).status;
const told = async (type: Stripe.Event.Type) => (await stripe.events.list({ type })).data.length;

describe('E4: a renewal that is not paid', () => {
  beforeEach(() => useCard('pm_card_chargeCustomerFail'));

  test('is paid by a later try, once there is a card that pays', async () => {
    await sandbox.steer('2026-12-01T01:00:00Z');
    await useCard('pm_card_visa');
    await sandbox.steer('2026-12-04T01:00:00Z');
    const paid_at = seconds('2026-12-04T01:00:00Z');
    expect(await renewal()).toMatchObject({ status: 'paid', attempt_count: 2, status_transitions: { paid_at } });
    expect(await status()).toBe('active');
  });

  test('is uncollectible in the end where the settings say so, and can still be paid or voided', async () => {
    await sandbox.control('POST', '/_sandbox/settings', { dunningEnd: 'mark_uncollectible' });
    await sandbox.steer('2026-12-08T01:00:00Z');
    expect(await renewal()).toMatchObject({ status: 'uncollectible', attempt_count: 4 });
    expect(await status()).toBe('past_due');
    expect(await told('invoice.marked_uncollectible')).toBe(1);
    await useCard('pm_card_visa');
    expect((await stripe.invoices.pay((await renewal()).id)).status).toBe('paid');
    expect(await status()).toBe('active');
  });

  test('is made up for by the next one, and makes up for none: the last invoice that was made final counts', async () => {
    await sandbox.steer('2026-12-20T00:00:00Z');
    const december = await renewal();
    expect([december.status, await status()]).toEqual(['open', 'past_due']);
    await useCard('pm_card_visa');
    await sandbox.steer('2027-01-01T01:00:00Z');
    expect([(await renewal()).status, await status()]).toEqual(['paid', 'active']);
    await useCard('pm_card_chargeCustomerFail');
    await sandbox.steer('2027-02-20T00:00:00Z');
    expect(await status()).toBe('past_due');
    await useCard('pm_card_visa');
    expect((await stripe.invoices.pay(december.id)).status).toBe('paid');
    expect(await status()).toBe('past_due');
  });

  test('ends the subscription where the settings say so', async () => {
    await sandbox.control('POST', '/_sandbox/settings', { dunningRetryDays: [1], dunningEnd: 'cancel_subscription' });
    await sandbox.steer('2026-12-02T01:00:00Z');
    expect(await status()).toBe('canceled');
    expect((await renewal()).status).toBe('open');
  });
});

describe('E4: a card whose holder has to authenticate', () => {
  test('pays no renewal by itself, and pays it once its holder is there', async () => {
    await useCard('pm_card_authenticationRequired');
    await sandbox.steer('2026-12-01T01:00:00Z');
    const { id } = await renewal();
    expect(await status()).toBe('past_due');
    expect(await told('invoice.payment_action_required')).toBe(1);
    await sandbox.control('POST', `/_sandbox/invoices/${id}`, { scene: 'authenticate' });
    expect((await renewal()).status).toBe('paid');
    expect(await status()).toBe('active');
  });

  test('stays unpaid when its holder cannot authenticate it, and can be paid by another card', async () => {
    await useCard('pm_card_authenticationRequired');
    await sandbox.steer('2026-12-01T01:00:00Z');
    const { id } = await renewal();
    await sandbox.control('POST', `/_sandbox/invoices/${id}`, { scene: 'fail_authentication' });
    expect(await renewal()).toMatchObject({ status: 'open', attempt_count: 2 });
    expect([await status(), await told('invoice.payment_failed')]).toEqual(['past_due', 2]);
    await useCard('pm_card_visa');
    expect((await stripe.invoices.pay(id)).status).toBe('paid');
    expect(await status()).toBe('active');
  });

  test('starts no subscription that has to be paid at once', async () => {
    const other = await sandbox.customerWith('pm_card_authenticationRequired');
    await expect(sandbox.subscribe(other.id, 500)).rejects.toMatchObject({
      statusCode: 402,
      code: 'subscription_payment_intent_requires_action',
    });
  });
});

describe('E3: the end of a subscription', () => {
  test('by instant, as the portal sets it, is undone by an empty instant only', async () => {
    const end = seconds('2026-12-01T00:00:00Z');
    const ending = await stripe.subscriptions.update(subscription.id, { cancel_at: end });
    expect(ending).toMatchObject({ cancel_at: end, cancel_at_period_end: false });
    const kept = await stripe.subscriptions.update(subscription.id, { cancel_at_period_end: false });
    expect(kept.cancel_at).toBe(end);
    const resumed = await stripe.subscriptions.update(subscription.id, { cancel_at: '' });
    expect(resumed.cancel_at).toBeNull();
    await stripe.subscriptions.update(subscription.id, { cancel_at: end });
    await sandbox.steer('2026-12-01T00:00:00Z');
    expect(await status()).toBe('canceled');
  });

  test('comes at the end of a period, and is told in one way', async () => {
    const refusal = { statusCode: 400 };
    const middle = seconds('2026-11-20T00:00:00Z');
    await expect(stripe.subscriptions.update(subscription.id, { cancel_at: middle })).rejects.toMatchObject(refusal);
    const both = { cancel_at: '' as const, cancel_at_period_end: true };
    await expect(stripe.subscriptions.update(subscription.id, both)).rejects.toMatchObject(refusal);
  });
});
