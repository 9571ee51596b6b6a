import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { nextMonth } from '@wewrite/contracts';
import type Stripe from 'stripe';
import type { BillingSchema } from '../src/db.ts';
import { december, eventually, november, type RunningBilling, startBilling } from './running-billing.ts';

type EnabledEvent = Stripe.WebhookEndpointUpdateParams.EnabledEvent;

const january = nextMonth(december);

describe('another amount in the middle of a month', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    for (const user of ['anna', 'ben', 'cleo', 'dora', 'eve', 'fay', 'gil', 'hal'])
      await billing.subscribe(user, 1_000);
    await billing.at('2026-11-16T00:00:00.000Z');
  });
  afterAll(() => billing?.stop());
  beforeEach(() => billing.control('DELETE', '/_sandbox/faults'));

  const change = async (user: string, monthlyCents: number, from?: 'now' | 'next_month') => {
    const answer = await billing.call(user, 'PATCH', '/v1/subscription', { monthlyCents, ...(from && { from }) });
    await billing.settled();
    return answer;
  };
  const paidBefore = { paidCents: 1_000, openCents: 0, funding: 'paid' };
  const funds = (user: string) => billing.standing(`supporter_funds:${user}:2026-11`);

  test('E3: a raise is invoiced at once for what is left of the month, and counts when it is paid', async () => {
    expect(await funds('anna')).toEqual({ 'supporter_funds:anna:2026-11': 1_000 });
    expect(await change('anna', 2_500)).toMatchObject({
      status: 200,
      body: { subscription: { monthlyCents: 2_500, nextMonthlyCents: 2_500, waitingRaise: null } },
    });
    expect(billing.budget('anna', november)).toEqual({ paidCents: 1_750, openCents: 0, funding: 'paid' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 2_500, funding: 'expected' });
    expect(await funds('anna')).toEqual({ 'supporter_funds:anna:2026-11': 1_750 });
  });

  test('E3: a second raise of the month is billed from the first one on', async () => {
    await change('anna', 4_500);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 2_750, openCents: 0, funding: 'paid' });
  });

  test('E3: lowering leaves the running month as it is, and so does a raise to no more than it is billed at', async () => {
    expect(await change('ben', 600)).toMatchObject({
      body: { subscription: { monthlyCents: 1_000, nextMonthlyCents: 600 } },
    });
    expect(await change('ben', 1_000)).toMatchObject({
      body: { subscription: { monthlyCents: 1_000, nextMonthlyCents: 1_000 } },
    });
    expect(billing.budget('ben', november)).toEqual(paidBefore);
    expect((await change('ben', 2_000, 'next_month')).body).toMatchObject({
      subscription: { monthlyCents: 1_000, nextMonthlyCents: 2_000 },
    });
    expect(billing.budget('ben', november)).toEqual(paidBefore);
    expect(billing.budget('ben', december)).toEqual({ paidCents: 0, openCents: 2_000, funding: 'expected' });
  });

  test('E3: a raise that was to come with the next month can be had now', async () => {
    expect(await change('ben', 2_000)).toMatchObject({
      body: { subscription: { monthlyCents: 2_000, nextMonthlyCents: 2_000 } },
    });
    expect(billing.budget('ben', november)).toEqual({ paidCents: 1_500, openCents: 0, funding: 'paid' });
  });

  test('E3: a raise that comes to less than 50 ¢ for the rest of the month waits for the 1st', async () => {
    expect(await change('cleo', 1_098)).toMatchObject({
      body: { subscription: { monthlyCents: 1_000, nextMonthlyCents: 1_098, waitingRaise: null } },
    });
    expect(billing.budget('cleo', november)).toEqual(paidBefore);
    const { subscription } = (await billing.call('cleo', 'GET', '/v1/subscription')).body as {
      subscription: { customerId: string };
    };
    expect((await billing.stripe.invoices.list({ customer: subscription.customerId })).data).toHaveLength(1);
    expect((await change('cleo', 1_100)).body).toMatchObject({ subscription: { monthlyCents: 1_100 } });
    expect(billing.budget('cleo', november)).toMatchObject({ paidCents: 1_050 });
  });

  test('E3: a raise whose payment fails changes nothing, and counts when its invoice is paid', async () => {
    await billing.changeCard('dora', 'pm_card_chargeCustomerFail');
    const { body } = await change('dora', 3_000);
    expect(body).toMatchObject({
      subscription: {
        state: 'active',
        monthlyCents: 1_000,
        nextMonthlyCents: 1_000,
        waitingRaise: { monthlyCents: 3_000, expiresAt: '2026-11-16T23:00:00.000Z' },
      },
    });
    expect(billing.budget('dora', november)).toEqual(paidBefore);
    expect(await funds('dora')).toEqual({ 'supporter_funds:dora:2026-11': 1_000 });
    const { subscription } = body as { subscription: { waitingRaise: { invoiceId: string } } };
    await billing.changeCard('dora', 'pm_card_visa');
    await billing.stripe.invoices.pay(subscription.waitingRaise.invoiceId);
    await billing.settled();
    expect((await billing.call('dora', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { monthlyCents: 3_000, nextMonthlyCents: 3_000, waitingRaise: null },
    });
    expect(billing.budget('dora', november)).toEqual({ paidCents: 2_000, openCents: 0, funding: 'paid' });
  });

  test('E3: a raise whose payment has to be authenticated counts once it is', async () => {
    await billing.subscribe('ida', 1_000);
    await billing.changeCard('ida', 'pm_card_authenticationRequired');
    const { subscription } = (await change('ida', 3_000)).body as {
      subscription: { waitingRaise: { invoiceId: string } };
    };
    const before = billing.budget('ida', november);
    const scene = { scene: 'authenticate' };
    await billing.control('POST', `/_sandbox/invoices/${subscription.waitingRaise.invoiceId}`, scene);
    await billing.settled();
    expect([before?.paidCents, billing.budget('ida', november)?.paidCents]).toEqual([500, 1_500]);
  });

  test('E3: another amount takes the place of a raise that waits, which can then no longer be paid', async () => {
    await billing.changeCard('eve', 'pm_card_chargeCustomerFail');
    const { body } = await change('eve', 3_000);
    const { subscription } = body as { subscription: { waitingRaise: { invoiceId: string } } };
    expect(await change('eve', 700)).toMatchObject({
      body: { subscription: { monthlyCents: 1_000, nextMonthlyCents: 700, waitingRaise: null } },
    });
    expect((await billing.stripe.invoices.retrieve(subscription.waitingRaise.invoiceId)).status).toBe('void');
    await billing.changeCard('eve', 'pm_card_visa');
    expect((await change('eve', 2_000)).body).toMatchObject({ subscription: { monthlyCents: 2_000 } });
    expect(billing.budget('eve', november)).toEqual({ paidCents: 1_500, openCents: 0, funding: 'paid' });
  });

  test.each([['timeout_after_success'], ['connection_reset'], ['500']])(
    'E3: a raise whose answer is lost (%s) and that is asked for again is invoiced once',
    async (kind) => {
      const user = `raise-${kind}`;
      await billing.subscribe(user, 1_000);
      await billing.control('POST', '/_sandbox/faults', {
        match: { method: 'POST', path: '/v1/subscriptions/*' },
        kind,
        times: 3,
      });
      expect((await billing.call(user, 'PATCH', '/v1/subscription', { monthlyCents: 3_000 })).status).toBe(503);
      await billing.control('DELETE', '/_sandbox/faults');
      expect(await change(user, 3_000)).toMatchObject({
        status: 200,
        body: { subscription: { monthlyCents: 3_000, nextMonthlyCents: 3_000 } },
      });
      expect(billing.budget(user, november)).toEqual({ paidCents: 1_500, openCents: 0, funding: 'paid' });
      const { invoices } = (await billing.call(user, 'GET', '/v1/invoices')).body as { invoices: unknown[] };
      expect(invoices).toHaveLength(2);
    },
  );

  test('E3: a raise that waits for its payment, and whose answer was lost, is not withdrawn by asking again', async () => {
    await billing.subscribe('jon', 1_000);
    await billing.changeCard('jon', 'pm_card_chargeCustomerFail');
    const match = { method: 'POST', path: '/v1/subscriptions/*' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: 'timeout_after_success', times: 3 });
    expect((await change('jon', 3_000)).status).toBe(503);
    await billing.control('DELETE', '/_sandbox/faults');
    const { body } = await change('jon', 3_000);
    expect(body).toMatchObject({ subscription: { monthlyCents: 1_000, waitingRaise: { monthlyCents: 3_000 } } });
  });

  test('E3: after a change whose end nobody knows another one waits, then reads what became of it', async () => {
    await billing.control('POST', '/_sandbox/faults', {
      match: { method: 'POST', path: '/v1/subscriptions/*' },
      kind: 'timeout_after_success',
      times: 3,
    });
    expect((await billing.call('fay', 'PATCH', '/v1/subscription', { monthlyCents: 2_000 })).status).toBe(503);
    await billing.control('DELETE', '/_sandbox/faults');
    expect(await change('fay', 4_000)).toMatchObject({ status: 409, body: { code: 'busy' } });
    billing.skip(61_000);
    expect((await change('fay', 4_000)).body).toMatchObject({ subscription: { monthlyCents: 4_000 } });
    expect(billing.budget('fay', november)).toEqual({ paidCents: 2_500, openCents: 0, funding: 'paid' });
  });

  test('E3: a raise that Stripe keeps waiting until another change was made is not made any more', async () => {
    await billing.subscribe('kai', 1_000);
    const fault = { match: { path: '/v1/invoices/create_preview' }, kind: 'timeout_after_success', times: 2 };
    await billing.control('POST', '/_sandbox/faults', fault);
    const slow = billing.call('kai', 'PATCH', '/v1/subscription', { monthlyCents: 3_000 });
    const { kysely } = billing.harness.database<BillingSchema>('billing');
    const changes = kysely.selectFrom('subscription_change').select('number').where('state', '=', 'checking');
    await eventually(async () => (await changes.executeTakeFirst()) !== undefined);
    billing.skip(61_000);
    expect((await change('kai', 600)).body).toMatchObject({ subscription: { nextMonthlyCents: 600 } });
    expect(await slow).toMatchObject({ status: 409, body: { code: 'busy' } });
    await billing.rewind();
    await billing.settled();
    expect((await billing.call('kai', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { monthlyCents: 1_000, nextMonthlyCents: 600 },
    });
  });

  test('E3: 6 equal raises at once are one', async () => {
    const answers = await Promise.all(
      Array.from({ length: 6 }, () => billing.call('gil', 'PATCH', '/v1/subscription', { monthlyCents: 5_000 })),
    );
    await billing.settled();
    expect(answers.filter(({ status }) => status !== 200 && status !== 409)).toEqual([]);
    expect(billing.budget('gil', november)).toEqual({ paidCents: 3_000, openCents: 0, funding: 'paid' });
  });

  test('E3: a raise that is not paid expires, and the next month is invoiced at the old amount', async () => {
    await billing.changeCard('hal', 'pm_card_chargeCustomerFail');
    await change('hal', 3_000);
    await billing.at('2026-11-16T23:00:00.000Z');
    expect((await billing.call('hal', 'GET', '/v1/subscription')).body).toMatchObject({
      subscription: { state: 'active', monthlyCents: 1_000, waitingRaise: null },
    });
    await billing.changeCard('hal', 'pm_card_visa');
    await billing.at('2026-12-01T01:00:00.000Z');
    expect(billing.budget('hal', november)).toEqual(paidBefore);
    expect(billing.budget('hal', december)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 4_500, openCents: 0, funding: 'paid' });
    expect(billing.budget('eve', december)).toEqual({ paidCents: 2_000, openCents: 0, funding: 'paid' });
  });

  test('E3: no money of any of these changes lies in suspense', async () => {
    expect(await billing.standing('suspense')).toEqual({ suspense: 0 });
  });
});

describe('a month that is not paid', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-16T12:00:00.000Z');
    await billing.subscribe('free', 100);
    await billing.subscribe('anna', 1_000);
  });
  afterAll(() => billing?.stop());

  test('E3: a raise in a free first month is invoiced for all of the amount', async () => {
    const answer = await billing.call('free', 'PATCH', '/v1/subscription', { monthlyCents: 1_000 });
    expect(answer.body).toMatchObject({ subscription: { monthlyCents: 1_000 } });
    await billing.settled();
    expect(billing.budget('free', november)).toEqual({ paidCents: 483, openCents: 0, funding: 'paid' });
  });

  test('E3: until the month’s invoice is paid a raise is refused, and a lowering is not', async () => {
    await billing.changeCard('anna', 'pm_card_chargeCustomerFail');
    const raise = () => billing.call('anna', 'PATCH', '/v1/subscription', { monthlyCents: 2_000 });
    const refusal = { status: 409, body: { code: 'payment_pending' } };
    for (const instant of ['2026-12-01T00:00:00.000Z', '2026-12-01T00:59:59.000Z', '2026-12-01T01:00:00.000Z']) {
      await billing.at(instant);
      expect(await raise()).toMatchObject(refusal);
    }
    expect(await billing.call('anna', 'PATCH', '/v1/subscription', { monthlyCents: 500 })).toMatchObject({
      status: 200,
      body: { subscription: { state: 'past_due', monthlyCents: 1_000, nextMonthlyCents: 500 } },
    });
    const later = { monthlyCents: 2_000, from: 'next_month' };
    expect((await billing.call('anna', 'PATCH', '/v1/subscription', later)).status).toBe(200);
  });

  test('E3: a month that was paid this moment is paid, also while nobody has told us', async () => {
    await billing.changeCard('anna', 'pm_card_visa');
    await billing.settled();
    const { data: open } = await billing.stripe.invoices.list({ status: 'open' });
    expect(open).toHaveLength(1);
    const { data: endpoints } = await billing.stripe.webhookEndpoints.list();
    const deaf: EnabledEvent[] = ['radar.early_fraud_warning.created'];
    for (const { id } of endpoints) await billing.stripe.webhookEndpoints.update(id, { enabled_events: deaf });
    for (const { id } of open) await billing.stripe.invoices.pay(id);
    const answer = await billing.call('anna', 'PATCH', '/v1/subscription', { monthlyCents: 5_000 });
    for (const { id, enabled_events } of endpoints) {
      await billing.stripe.webhookEndpoints.update(id, { enabled_events: enabled_events as EnabledEvent[] });
    }
    expect(answer.body).toMatchObject({ subscription: { state: 'active', monthlyCents: 5_000 } });
  });

  test('E3: a raise that Stripe never heard of is not made in another month, and one asked for then is', async () => {
    await billing.changeCard('anna', 'pm_card_visa');
    await billing.subscribe('eve', 1_000);
    await billing.at('2026-12-31T12:00:00.000Z');
    const raise = () => billing.call('eve', 'PATCH', '/v1/subscription', { monthlyCents: 90_000 });
    const match = { method: 'POST', path: '/v1/subscriptions/*' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: 'connection_reset', times: 3 });
    expect((await raise()).status).toBe(503);
    await billing.at('2027-01-01T01:00:00.000Z');
    expect(await raise()).toMatchObject({ status: 409, body: { code: 'busy' } });
    expect((await raise()).body).toMatchObject({ subscription: { monthlyCents: 90_000, nextMonthlyCents: 90_000 } });
    await billing.settled();
    expect(billing.budget('eve', january)?.paidCents).toBeGreaterThan(85_000);
  });
});
