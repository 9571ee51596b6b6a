import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { priceOf, type SandboxForTests, sandboxForTests, seconds } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
let customer: Stripe.Customer;
beforeEach(async () => {
  sandbox = await sandboxForTests({ now: '2026-11-16T00:00:00.000Z' });
  stripe = sandbox.stripe;
  customer = await stripe.customers.create({});
});
afterEach(() => sandbox.stop());

const open = (more: Partial<Stripe.Checkout.SessionCreateParams> = {}) =>
  stripe.checkout.sessions.create({
    mode: 'subscription',
    customer: customer.id,
    client_reference_id: 'order-1',
    success_url: 'http://localhost:8080/done',
    cancel_url: 'http://localhost:8080/back',
    line_items: [{ price_data: priceOf(1000), quantity: 1 }],
    subscription_data: {
      billing_mode: { type: 'flexible' },
      billing_cycle_anchor_config: { day_of_month: 1, hour: 0, minute: 0, second: 0 },
      proration_behavior: 'create_prorations',
      metadata: { subscription_id: 'order-1' },
    },
    ...more,
  });
const complete = (id: string, card: string) => sandbox.control('POST', `/_sandbox/checkout/${id}`, { card });
const told = async (type: Stripe.Event.Type) => (await stripe.events.list({ type })).data.length;

describe('E3: a checkout', () => {
  test('that is completed starts the subscription with a card of its own, the first part paid', async () => {
    const session = await open();
    expect(session).toMatchObject({ status: 'open', subscription: null, client_reference_id: 'order-1' });
    await complete(session.id, 'pm_card_authenticationRequired');
    const done = await stripe.checkout.sessions.retrieve(session.id);
    expect(done).toMatchObject({ status: 'complete', payment_status: 'paid', url: null });
    const subscription = await stripe.subscriptions.retrieve(String(done.subscription), {
      expand: ['latest_invoice'],
    });
    expect(subscription).toMatchObject({
      status: 'active',
      metadata: { subscription_id: 'order-1' },
      default_payment_method: expect.stringMatching(/^pm_/),
      latest_invoice: { status: 'paid', total: 500 },
    });
    expect(await told('checkout.session.completed')).toBe(1);
    const freed = await stripe.subscriptions.update(subscription.id, { default_payment_method: '' });
    expect(freed.default_payment_method).toBeNull();
  });

  test('with a card that is declined stays open, and begins nothing', async () => {
    const session = await open();
    await complete(session.id, 'pm_card_chargeCustomerFail');
    expect((await stripe.checkout.sessions.retrieve(session.id)).status).toBe('open');
    expect((await stripe.subscriptions.list({ customer: customer.id, status: 'all' })).data).toEqual([]);
  });

  test('expires when it is told to, or when its time is over, and is then of no use', async () => {
    const session = await open();
    const other = await open({ expires_at: seconds('2026-11-16T00:30:00Z') });
    expect((await stripe.checkout.sessions.expire(session.id)).status).toBe('expired');
    await expect(stripe.checkout.sessions.expire(session.id)).rejects.toMatchObject({ statusCode: 400 });
    await complete(session.id, 'pm_card_visa');
    await sandbox.steer('2026-11-16T00:30:00Z');
    expect((await stripe.checkout.sessions.retrieve(other.id)).status).toBe('expired');
    expect(await told('checkout.session.expired')).toBe(2);
    expect(await told('checkout.session.completed')).toBe(0);
  });

  test.each([
    ['expires_at', { expires_at: seconds('2026-11-16T00:29:59Z') }],
    ['customer', { customer: 'cus_nobody' }],
    ['locale', { locale: 'de' as const }],
  ])('is refused for a bad or unknown %s', async (param, more) => {
    await expect(open(more)).rejects.toMatchObject({ statusCode: 400, param: expect.stringContaining(param) });
  });
});

describe('the customer portal', () => {
  test('changes the card that everything is paid with', async () => {
    const configuration = await stripe.billingPortal.configurations.create({
      features: { invoice_history: { enabled: true }, payment_method_update: { enabled: true } },
    });
    const session = await stripe.billingPortal.sessions.create({
      customer: customer.id,
      configuration: configuration.id,
      return_url: 'http://localhost:8080/back',
    });
    await sandbox.control('POST', new URL(session.url).pathname, { card: 'pm_card_visa' });
    const found = await stripe.customers.retrieve(customer.id);
    expect(found).toMatchObject({ invoice_settings: { default_payment_method: expect.stringMatching(/^pm_/) } });
  });

  test('is opened for a configuration and a customer that exist', async () => {
    const unknown = { customer: customer.id, configuration: 'bpc_unknown' };
    await expect(stripe.billingPortal.sessions.create(unknown)).rejects.toMatchObject({ param: 'configuration' });
  });
});
