import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BillingSchema } from '../src/db.ts';
import { december, eventually, november, type RunningBilling, startBilling } from './running-billing.ts';

describe('a subscription', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-16T00:00:00.000Z');
  });
  afterAll(() => billing?.stop());

  test('E3: the first month is prorated, the next is expected in full, and both budgets are said', async () => {
    await billing.subscribe('anna', 1_000);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 500, openCents: 0, funding: 'paid' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
    expect(await billing.standing('supporter_funds:anna:2026-11', 'stripe:fees')).toEqual({
      'supporter_funds:anna:2026-11': 500,
      'stripe:fees': 45,
    });
  });

  test('E3: a first part below 50 ¢ is free', async () => {
    await billing.subscribe('ben', 100);
    expect((await billing.call('ben', 'GET', '/v1/funding')).body).toMatchObject({ paidCents: 50, funding: 'paid' });
    await billing.at('2026-11-16T12:00:00.000Z');
    await billing.subscribe('cleo', 100);
    expect((await billing.call('cleo', 'GET', '/v1/funding')).body).toMatchObject({ paidCents: 0, funding: 'none' });
    expect(billing.budget('cleo', december)).toEqual({ paidCents: 0, openCents: 100, funding: 'expected' });
  });

  test('E3: a second subscription is refused', async () => {
    const again = await billing.call('anna', 'POST', '/v1/subscription', {
      monthlyCents: 500,
      paymentMethodId: 'pm_card_visa',
    });
    expect(again).toMatchObject({ status: 409, body: { code: 'already_subscribed' } });
  });

  test.each([
    ['below the least', 99, 400],
    ['beyond what Stripe takes', 100_000_000, 400],
    ['a fraction', 100.5, 400],
    ['negative', -500, 400],
  ])('E3: an amount that is %s is refused', async (_what, monthlyCents, status) => {
    const answer = await billing.call('dora', 'POST', '/v1/subscription', {
      monthlyCents,
      paymentMethodId: 'pm_card_visa',
    });
    expect(answer).toMatchObject({ status, body: { code: 'invalid_request' } });
    expect((await billing.call('dora', 'GET', '/v1/subscription')).body).toEqual({ subscription: null });
  });

  test.each([['pm_card_visa_chargeDeclined'], ['pm_card_chargeCustomerFail']])(
    'E3: a card that is declined (%s) leaves nothing behind, and another card works at once',
    async (card) => {
      const user = `user-${card}`;
      const order = { monthlyCents: 700, paymentMethodId: card };
      expect(await billing.call(user, 'POST', '/v1/subscription', order)).toMatchObject({
        status: 422,
        body: { code: 'payment_failed' },
      });
      await billing.subscribe(user, 700);
      expect((await billing.call(user, 'GET', '/v1/subscription')).body).toMatchObject({
        subscription: { state: 'active', monthlyCents: 700 },
      });
    },
  );

  test('E3: a payment method that Stripe does not know is refused', async () => {
    const order = { monthlyCents: 700, paymentMethodId: 'pm_invented' };
    expect(await billing.call('gil', 'POST', '/v1/subscription', order)).toMatchObject({
      status: 422,
      body: { code: 'payment_failed', field: 'paymentMethodId' },
    });
  });

  test.each([['timeout_after_success'], ['500'], ['connection_reset']])(
    'E3: a creation whose answer is lost (%s) and that is asked for again makes one subscription',
    async (kind) => {
      const user = `user-${kind}`;
      const order = { monthlyCents: 900, paymentMethodId: 'pm_card_visa' };
      // The SDK repeats a call twice by itself.
      await billing.control('POST', '/_sandbox/faults', {
        match: { method: 'POST', path: '/v1/subscriptions' },
        kind,
        times: 3,
      });
      expect((await billing.call(user, 'POST', '/v1/subscription', order)).status).toBe(503);
      await billing.control('DELETE', '/_sandbox/faults');
      const answer = await billing.call(user, 'POST', '/v1/subscription', order);
      expect([201, 409]).toContain(answer.status);
      await billing.settled();
      const { subscription } = (await billing.call(user, 'GET', '/v1/subscription')).body as {
        subscription: { state: string; customerId: string };
      };
      expect(subscription.state).toBe('active');
      const made = await billing.stripe.subscriptions.list({ customer: subscription.customerId, status: 'all' });
      expect(made.data).toHaveLength(1);
    },
  );

  test('E3: 8 requests at once make one subscription', async () => {
    const order = { monthlyCents: 800, paymentMethodId: 'pm_card_visa' };
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => billing.call('eve', 'POST', '/v1/subscription', order)),
    );
    await billing.settled();
    expect(answers.filter(({ status }) => status === 201).length).toBeGreaterThanOrEqual(1);
    expect(
      answers
        .map(({ status, body }) => [status, body.code ?? 'made'])
        .filter(([status]) => status !== 201 && status !== 409),
    ).toEqual([]);
    const { subscription } = (await billing.call('eve', 'GET', '/v1/subscription')).body as {
      subscription: { customerId: string };
    };
    const made = await billing.stripe.subscriptions.list({ customer: subscription.customerId, status: 'all' });
    expect(made.data).toHaveLength(1);
    expect(billing.budget('eve', december)).toEqual({ paidCents: 0, openCents: 800, funding: 'expected' });
  });

  test('E3: an order that Stripe keeps waiting until another has taken its place makes nothing any more', async () => {
    const fault = {
      match: { path: '/v1/payment_methods/pm_card_visa/attach' },
      kind: 'timeout_after_success',
      times: 2,
    };
    await billing.control('POST', '/_sandbox/faults', fault);
    const slow = billing.call('ivo', 'POST', '/v1/subscription', {
      monthlyCents: 900,
      paymentMethodId: 'pm_card_visa',
    });
    const customers = billing.harness.database<BillingSchema>('billing').kysely.selectFrom('customer').selectAll();
    const customerOf = async () => (await customers.where('user_id', '=', 'ivo').executeTakeFirst())?.stripe_id ?? null;
    await eventually(async () => (await customerOf()) !== null);
    billing.skip(61_000);
    const other = { monthlyCents: 700, paymentMethodId: 'pm_card_bypassPending' };
    expect((await billing.call('ivo', 'POST', '/v1/subscription', other)).status).toBe(201);
    expect(await slow).toMatchObject({ status: 409, body: { code: 'busy' } });
    await billing.rewind();
    await billing.settled();
    const customer = (await customerOf()) ?? '';
    expect((await billing.stripe.subscriptions.list({ customer, status: 'all' })).data).toHaveLength(1);
    expect((await billing.call('ivo', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { state: 'active', monthlyCents: 700 },
    });
  });

  test('E3: a change takes effect from the next month, a cancellation at the month’s end', async () => {
    await billing.subscribe('fay', 1_000);
    const changed = await billing.call('fay', 'PATCH', '/v1/subscription', { monthlyCents: 600, from: 'next_month' });
    expect(changed).toMatchObject({
      status: 200,
      body: { subscription: { monthlyCents: 1_000, nextMonthlyCents: 600 } },
    });
    await billing.settled();
    expect(billing.budget('fay', december)).toEqual({ paidCents: 0, openCents: 600, funding: 'expected' });
    const canceled = await billing.call('fay', 'DELETE', '/v1/subscription');
    expect(canceled.body).toMatchObject({ subscription: { state: 'active', cancelAt: '2026-12-01T00:00:00.000Z' } });
    await billing.settled();
    expect(billing.budget('fay', december)).toEqual({ paidCents: 0, openCents: 0, funding: 'none' });
    expect(billing.budget('fay', november)).toMatchObject({ funding: 'paid' });
  });

  test('E3: without a subscription there is nothing to change or cancel', async () => {
    const refusal = { status: 422, body: { code: 'no_subscription' } };
    expect(await billing.call('nobody', 'DELETE', '/v1/subscription')).toMatchObject(refusal);
    const change = { monthlyCents: 600, from: 'next_month' };
    expect(await billing.call('nobody', 'PATCH', '/v1/subscription', change)).toMatchObject(refusal);
  });
});

describe('an order that Stripe never heard of, and that is repeated later', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-28T12:00:00.000Z');
  });
  afterAll(() => billing?.stop());

  const order = (user: string, monthlyCents: number) =>
    billing.call(user, 'POST', '/v1/subscription', { monthlyCents, paymentMethodId: 'pm_card_visa' });
  const lose = async (user: string, monthlyCents: number) => {
    const match = { method: 'POST', path: '/v1/subscriptions' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: 'connection_reset', times: 3 });
    expect((await order(user, monthlyCents)).status).toBe(503);
    await billing.control('DELETE', '/_sandbox/faults');
  };
  const repeatAt = async (instant: string, user: string, monthlyCents: number) => {
    await billing.at(instant);
    expect(await order(user, monthlyCents)).toMatchObject({ status: 409, body: { code: 'busy' } });
    billing.skip(61_000);
    expect((await order(user, monthlyCents)).status).toBe(201);
    await billing.settled();
  };

  test('E3: its first part is free when it has come to less than 50 ¢ meanwhile', async () => {
    await lose('anna', 660);
    await repeatAt('2026-11-29T00:00:00.000Z', 'anna', 660);
    expect((await billing.call('anna', 'GET', '/v1/funding')).body).toMatchObject({ paidCents: 0, funding: 'none' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 660, funding: 'expected' });
  });

  test('E3: the new month is paid for when the free rest of the one before is over', async () => {
    await billing.at('2026-11-30T23:50:00.000Z');
    await lose('ben', 1_000);
    await repeatAt('2026-12-01T00:00:00.000Z', 'ben', 1_000);
    expect(billing.budget('ben', december)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
  });
});
