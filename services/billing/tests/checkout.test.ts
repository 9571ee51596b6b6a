import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

describe('a subscription that is paid on Stripe’s own page', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-16T00:00:00.000Z');
  });
  afterAll(() => billing?.stop());

  const order = (user: string, monthlyCents: number) =>
    billing.call(user, 'POST', '/v1/subscription', { monthlyCents });
  const urlOf = (answer: { body: Record<string, unknown> }) => String(answer.body.checkoutUrl);
  const complete = async (url: string, card = 'pm_card_visa') => {
    const answer = await billing.control('POST', new URL(url).pathname, { card });
    await billing.settled();
    return answer;
  };
  const subscriptionOf = async (user: string) => (await billing.call(user, 'GET', '/v1/subscription')).body;

  test('E3: it starts when the checkout is completed, the first part paid, and not before', async () => {
    const answer = await order('anna', 1_000);
    expect(answer).toMatchObject({ status: 201, body: { subscription: { state: 'creating', monthlyCents: 1_000 } } });
    expect(billing.budget('anna', november)).toBeUndefined();
    await complete(urlOf(answer));
    expect(await subscriptionOf('anna')).toMatchObject({ subscription: { state: 'active', monthlyCents: 1_000 } });
    expect(billing.budget('anna', november)).toEqual({ paidCents: 500, openCents: 0, funding: 'paid' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
    expect(await billing.standing('supporter_funds:anna:2026-11', 'suspense')).toEqual({
      'supporter_funds:anna:2026-11': 500,
      suspense: 0,
    });
  });

  test('E3: a failure of Stripe as the portal is first configured is not replayed for a day', async () => {
    const match = { method: 'POST', path: '/v1/billing_portal/configurations' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: '500', times: 3 });
    expect((await billing.call('anna', 'POST', '/v1/subscription/portal')).status).toBe(503);
    await billing.control('DELETE', '/_sandbox/faults');
    expect((await billing.call('anna', 'POST', '/v1/subscription/portal')).status).toBe(200);
  });

  test('E3: its card is the customer’s own, so that a card changed in the portal is what pays later', async () => {
    const { subscription } = (await subscriptionOf('anna')) as { subscription: { customerId: string } };
    const [made] = (await billing.stripe.subscriptions.list({ customer: subscription.customerId })).data;
    expect(made?.default_payment_method).toBeNull();
    const portal = await billing.call('anna', 'POST', '/v1/subscription/portal');
    expect(portal.status).toBe(200);
    await complete(String(portal.body.portalUrl), 'pm_card_chargeCustomerFail');
    await billing.at('2026-12-01T01:00:00.000Z');
    expect(await subscriptionOf('anna')).toMatchObject({ subscription: { state: 'past_due' } });
  });

  test('E3: the same order asked for again is the same checkout, another amount ends the one before', async () => {
    const first = urlOf(await order('ben', 700));
    expect(urlOf(await order('ben', 700))).toBe(first);
    const second = urlOf(await order('ben', 900));
    expect(second).not.toBe(first);
    await complete(first);
    expect(await subscriptionOf('ben')).toMatchObject({ subscription: { state: 'creating' } });
    await complete(second, 'pm_card_authenticationRequired');
    expect(await subscriptionOf('ben')).toMatchObject({ subscription: { state: 'active', monthlyCents: 900 } });
    expect(await order('ben', 500)).toMatchObject({ status: 409, body: { code: 'already_subscribed' } });
  });

  test('E3: a card given instead ends the checkout, which can then no longer be paid', async () => {
    const url = urlOf(await order('cleo', 700));
    await billing.subscribe('cleo', 600);
    await complete(url);
    const { subscription } = (await subscriptionOf('cleo')) as { subscription: { customerId: string } };
    expect(subscription).toMatchObject({ state: 'active', monthlyCents: 600 });
    const made = await billing.stripe.subscriptions.list({ customer: subscription.customerId, status: 'all' });
    expect(made.data).toHaveLength(1);
  });

  test('E3: a checkout that is being paid is not given up for another order, so that no two are paid', async () => {
    const url = urlOf(await order('ida', 700));
    await billing.control('POST', `${new URL(url).pathname}/begin`);
    expect(await order('ida', 900)).toMatchObject({ status: 409, body: { code: 'busy' } });
    await complete(url);
    expect(await subscriptionOf('ida')).toMatchObject({ subscription: { state: 'active', monthlyCents: 700 } });
    const { subscription } = (await subscriptionOf('ida')) as { subscription: { customerId: string } };
    const made = await billing.stripe.subscriptions.list({ customer: subscription.customerId, status: 'all' });
    expect(made.data).toHaveLength(1);
  });

  test('E3: a call that Stripe is still at is not begun under another key: one subscription is made', async () => {
    const match = { method: 'POST', path: '/v1/subscriptions' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: '409', times: 3 });
    const wish = { monthlyCents: 700, paymentMethodId: 'pm_card_visa' };
    expect((await billing.call('jon', 'POST', '/v1/subscription', wish)).status).toBe(503);
    expect((await billing.call('jon', 'POST', '/v1/subscription', wish)).status).toBe(201);
    const requests = await billing.control('GET', '/_sandbox/requests?path=/v1/subscriptions');
    const keys = [...JSON.stringify(requests).matchAll(/subscription-[\w-]+-create/g)].map(([key]) => key);
    expect(new Set(keys.slice(-4)).size).toBe(1);
  });

  test('E3: a card whose holder has to authenticate is refused by itself, and pays on the page', async () => {
    const card = 'pm_card_authenticationRequired';
    const refused = await billing.call('hal', 'POST', '/v1/subscription', { monthlyCents: 700, paymentMethodId: card });
    expect(refused).toMatchObject({ status: 422, body: { code: 'payment_failed' } });
    expect(refused.body.detail).toContain('leave out paymentMethodId');
    await complete(urlOf(await order('hal', 700)), card);
    expect(await subscriptionOf('hal')).toMatchObject({ subscription: { state: 'active' } });
  });

  test('E3: a checkout that nobody completes is over after half an hour, and another can be opened', async () => {
    const url = urlOf(await order('dora', 700));
    await billing.at('2026-12-01T02:00:00.000Z');
    expect(await subscriptionOf('dora')).toEqual({ subscription: null });
    const again = urlOf(await order('dora', 700));
    expect(again).not.toBe(url);
    await complete(again);
    expect(await subscriptionOf('dora')).toMatchObject({ subscription: { state: 'active' } });
  });

  test.each([['timeout_after_success'], ['500'], ['connection_reset']])(
    'E3: a checkout whose answer is lost (%s) and that is asked for again can be completed once',
    async (kind) => {
      const match = { method: 'POST', path: '/v1/checkout/sessions' };
      await billing.control('POST', '/_sandbox/faults', { match, kind, times: 3 });
      expect((await order(`eve-${kind}`, 700)).status).toBe(503);
      await billing.control('DELETE', '/_sandbox/faults');
      await complete(urlOf(await order(`eve-${kind}`, 700)));
      expect(await subscriptionOf(`eve-${kind}`)).toMatchObject({ subscription: { state: 'active' } });
    },
  );

  test.each([['/v1/customers/*'], ['/v1/subscriptions/*']])(
    'E3: a failure of Stripe as a checkout’s card is made the customer’s own (%s) is not replayed for a day',
    async (path) => {
      const user = `gil of ${path}`;
      const url = urlOf(await order(user, 700));
      await billing.control('POST', '/_sandbox/faults', { match: { method: 'POST', path }, kind: '500', times: 3 });
      await complete(url);
      await billing.control('DELETE', '/_sandbox/faults');
      await billing.settled();
      const { subscription } = (await subscriptionOf(user)) as { subscription: { customerId: string } };
      const [made] = (await billing.stripe.subscriptions.list({ customer: subscription.customerId })).data;
      expect(made?.default_payment_method).toBeNull();
    },
  );

  test('E3: the portal is for who has a subscription', async () => {
    expect(await billing.call('nobody', 'POST', '/v1/subscription/portal')).toMatchObject({
      status: 422,
      body: { code: 'no_subscription' },
    });
  });

  test('E3: a checkout whose webhooks are lost is found when it is asked for again', async () => {
    const url = urlOf(await order('fay', 700));
    const { data } = await billing.stripe.webhookEndpoints.list();
    for (const endpoint of data) await billing.stripe.webhookEndpoints.del(endpoint.id);
    await complete(url);
    expect(await order('fay', 700)).toMatchObject({ status: 201, body: { checkoutUrl: null } });
    expect(await subscriptionOf('fay')).toMatchObject({ subscription: { state: 'active' } });
  });
});

describe('a checkout late in a month', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-30T23:27:00.000Z');
  });
  afterAll(() => billing?.stop());

  test('E3: one that is completed before the 1st is for the first part, free below 50 ¢', async () => {
    const answer = await billing.call('anna', 'POST', '/v1/subscription', { monthlyCents: 1_000 });
    await billing.control('POST', new URL(String(answer.body.checkoutUrl)).pathname, { card: 'pm_card_visa' });
    await billing.settled();
    expect((await billing.call('anna', 'GET', '/v1/funding')).body).toMatchObject({ paidCents: 0, funding: 'none' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
  });

  test('E3: one that could be completed in another month is not opened, a card given at once works', async () => {
    await billing.at('2026-11-30T23:28:00.000Z');
    const order = { monthlyCents: 1_000 };
    expect(await billing.call('ben', 'POST', '/v1/subscription', order)).toMatchObject({
      status: 409,
      body: { code: 'busy' },
    });
    await billing.subscribe('ben', 1_000);
    expect(billing.budget('ben', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
    await billing.at('2026-12-01T00:00:00.000Z');
    expect((await billing.call('cleo', 'POST', '/v1/subscription', order)).status).toBe(201);
  });
});
