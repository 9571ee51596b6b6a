import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import { z } from 'zod';
import { monthly, type SandboxForTests, sandboxForTests, stripeFor } from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
});
afterEach(() => sandbox.stop());

const state = z.object({ customer: z.array(z.unknown()) });
const customersMade = async () => state.parse(await sandbox.control('GET', '/_sandbox/state?object=customer')).customer;

describe('parameters', () => {
  test('an unknown one is refused by name, however deep', async () => {
    const parameters = monthly('cus_x', 1000);
    const items = [{ price_data: { ...parameters.items?.[0]?.price_data, product_data: { name: 'x' } } }];
    await expect(stripe.subscriptions.create({ ...parameters, items } as never)).rejects.toMatchObject({
      statusCode: 400,
      code: 'parameter_unknown',
      param: 'items[0][price_data][product_data]',
    });
  });

  test('a missing or badly typed one is refused by name', async () => {
    await expect(stripe.transfers.create({ amount: 100, currency: 'usd' } as never)).rejects.toMatchObject({
      code: 'parameter_missing',
      param: 'destination',
    });
    await expect(
      stripe.transfers.create({ amount: 1.5, currency: 'usd', destination: 'acct_1' }),
    ).rejects.toMatchObject({
      code: 'parameter_invalid_integer',
      param: 'amount',
    });
    await expect(stripe.transfers.create({ amount: -1, currency: 'usd', destination: 'acct_1' })).rejects.toMatchObject(
      {
        type: 'StripeInvalidRequestError',
        param: 'amount',
      },
    );
    await expect(stripe.customers.create({ email: '', metadata: 'x' } as never)).rejects.toMatchObject({
      param: 'metadata',
    });
  });

  test('an id that names nothing is a 404 in the path and a 400 in a parameter', async () => {
    await expect(stripe.invoices.retrieve('in_nothing')).rejects.toMatchObject({
      statusCode: 404,
      code: 'resource_missing',
    });
    await expect(stripe.subscriptions.create(monthly('cus_nothing', 1000))).rejects.toMatchObject({
      statusCode: 400,
      code: 'resource_missing',
      param: 'customer',
    });
  });

  test('what cannot be expanded, or lies too deep, is refused', async () => {
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    const expanded = await stripe.subscriptions.retrieve(subscription.id, {
      expand: ['customer', 'latest_invoice.payments'],
    });
    expect(expanded).toMatchObject({
      customer: { object: 'customer' },
      latest_invoice: { payments: { data: [{ status: 'paid', payment: { type: 'payment_intent' } }] } },
    });
    const deep = ['latest_invoice.payments.data.payment.payment_intent'];
    await expect(stripe.subscriptions.retrieve(subscription.id, { expand: deep })).rejects.toMatchObject({
      statusCode: 400,
    });
    await expect(stripe.customers.retrieve(customer.id, { expand: ['email'] })).rejects.toMatchObject({
      statusCode: 400,
    });
  });

  test('a caller without a key, with another version or for another account is refused', async () => {
    expect((await fetch(`${sandbox.url}/v1/balance`)).status).toBe(401);
    const headers = { authorization: 'Bearer sk_test_x', 'stripe-version': '2024-06-20' };
    expect((await fetch(`${sandbox.url}/v1/balance`, { headers })).status).toBe(400);
    expect((await fetch(`${sandbox.url}/v1/unicorns`, { headers })).status).toBe(404);
    await expect(stripe.balance.retrieve({}, { stripeAccount: 'acct_1' })).rejects.toMatchObject({ statusCode: 403 });
    expect((await fetch(`${sandbox.url}/clock`, { method: 'PUT', body: 'now' })).status).toBe(400);
  });
});

describe('idempotency keys', () => {
  test('the same key and body give the same answer and one object', async () => {
    const first = await stripe.customers.create({ email: 'a@b.test' }, { idempotencyKey: 'key-1' });
    const again = await stripe.customers.create({ email: 'a@b.test' }, { idempotencyKey: 'key-1' });
    expect(again).toEqual(first);
    expect(again.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect(await customersMade()).toHaveLength(1);
  });

  test('another body or another call under the key is refused', async () => {
    await stripe.customers.create({ email: 'a@b.test' }, { idempotencyKey: 'key-2' });
    await expect(stripe.customers.create({ email: 'c@d.test' }, { idempotencyKey: 'key-2' })).rejects.toMatchObject({
      statusCode: 400,
      type: 'StripeIdempotencyError',
    });
    await expect(stripe.products.create({ name: 'x' }, { idempotencyKey: 'key-2' })).rejects.toMatchObject({
      type: 'StripeIdempotencyError',
    });
  });

  test('D3: v1 replays a refusal of the call, but not one of its parameters', async () => {
    const { id } = await stripe.v2.core.accounts.create({ configuration: { recipient: {} } });
    await sandbox.control('POST', `/_sandbox/onboarding/${id}`, { outcome: 'ready' });
    const transfer = { amount: 500, currency: 'usd', destination: id };
    await expect(stripe.transfers.create(transfer, { idempotencyKey: 'payout-1-1' })).rejects.toMatchObject({
      code: 'balance_insufficient',
    });
    await sandbox.control('POST', '/_sandbox/topups', { amount: 1000 });
    await expect(stripe.transfers.create(transfer, { idempotencyKey: 'payout-1-1' })).rejects.toMatchObject({
      code: 'balance_insufficient',
    });
    expect((await stripe.transfers.create(transfer, { idempotencyKey: 'payout-1-2' })).amount).toBe(500);
    await expect(stripe.customers.create({ x: 1 } as never, { idempotencyKey: 'key-3' })).rejects.toMatchObject({
      code: 'parameter_unknown',
    });
    await expect(stripe.customers.create({}, { idempotencyKey: 'key-3' })).resolves.toMatchObject({
      object: 'customer',
    });
  });

  test('v1 replays a 500, v2 executes the call again', async () => {
    await sandbox.control('POST', '/_sandbox/faults', {
      match: { method: 'POST', path: '/v1/customers' },
      kind: '500',
    });
    for (const _attempt of [1, 2]) {
      await expect(stripe.customers.create({}, { idempotencyKey: 'key-4' })).rejects.toMatchObject({ statusCode: 500 });
    }
    await sandbox.control('POST', '/_sandbox/faults', { match: { path: '/v2/core/*' }, kind: '500' });
    await expect(stripe.v2.core.accounts.create({}, { idempotencyKey: 'key-4' })).rejects.toMatchObject({
      statusCode: 500,
    });
    await expect(stripe.v2.core.accounts.create({}, { idempotencyKey: 'key-4' })).resolves.toMatchObject({
      object: 'v2.core.account',
    });
  });

  test('they last for a day of real time, however far the steered clock goes', async () => {
    const first = await stripe.customers.create({}, { idempotencyKey: 'key-5' });
    await sandbox.steer('2027-06-01T00:00:00Z');
    expect((await stripe.customers.create({}, { idempotencyKey: 'key-5' })).id).toBe(first.id);
  });
});

describe('faults', () => {
  test('a time-out after success has done its work: the same key finds it', async () => {
    const hasty = stripeFor(Number(new URL(sandbox.url).port), 100);
    const fault = { match: { method: 'POST', path: '/v1/customers' }, kind: 'timeout_after_success' };
    await sandbox.control('POST', '/_sandbox/faults', fault);
    await expect(hasty.customers.create({}, { idempotencyKey: 'key-6' })).rejects.toMatchObject({
      type: 'StripeConnectionError',
    });
    expect(await customersMade()).toHaveLength(1);
    await hasty.customers.create({}, { idempotencyKey: 'key-6' });
    expect(await customersMade()).toHaveLength(1);
  });

  test('a reset connection has done nothing', async () => {
    await sandbox.control('POST', '/_sandbox/faults', { match: {}, kind: 'connection_reset', times: 2 });
    await expect(stripe.customers.create({})).rejects.toMatchObject({ type: 'StripeConnectionError' });
    expect(await customersMade()).toHaveLength(0);
  });

  test('429 is told as Stripe does, and not remembered', async () => {
    await sandbox.control('POST', '/_sandbox/faults', { match: {}, kind: '429' });
    await expect(stripe.customers.create({}, { idempotencyKey: 'key-7' })).rejects.toMatchObject({
      statusCode: 429,
      type: 'StripeRateLimitError',
      headers: { 'stripe-rate-limited-reason': 'global-rate' },
    });
    await expect(stripe.customers.create({}, { idempotencyKey: 'key-7' })).resolves.toMatchObject({
      object: 'customer',
    });
  });

  test('the rate limit refuses what exceeds it in a second', async () => {
    const limited = await sandboxForTests({ rateLimit: { requestsPerSecond: 5 } });
    try {
      const calls = Array.from({ length: 20 }, () => limited.stripe.balance.retrieve());
      const outcomes = await Promise.allSettled(calls);
      const refused = outcomes.filter(({ status }) => status === 'rejected');
      expect(refused.length).toBeGreaterThanOrEqual(10);
      expect(refused[0]).toMatchObject({ reason: { statusCode: 429 } });
    } finally {
      await limited.stop();
    }
  });

  test('it tells what it was asked', async () => {
    await stripe.customers.create({ email: 'a@b.test', metadata: { a: '1' } }, { idempotencyKey: 'key-8' });
    await stripe.customers.create({ email: 'a@b.test', metadata: { a: '1' } }, { idempotencyKey: 'key-8' });
    expect(await sandbox.control('GET', '/_sandbox/requests?path=/v1/customers')).toMatchObject({
      requests: [false, true].map((replayed) => ({
        method: 'POST',
        path: '/v1/customers',
        parameters: { email: 'a@b.test', metadata: { a: '1' } },
        idempotencyKey: 'key-8',
        status: 200,
        replayed,
      })),
    });
  });
});
