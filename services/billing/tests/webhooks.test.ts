import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { BillingSchema } from '../src/db.ts';
import { december, eventually, november, type RunningBilling, startBilling } from './running-billing.ts';

describe('webhooks', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    await billing.subscribe('anna', 1_000);
  });
  afterAll(() => billing?.stop());
  beforeEach(() => billing.control('DELETE', '/_sandbox/faults'));

  const events = () => billing.harness.database<BillingSchema>('billing').kysely.selectFrom('stripe_event');
  const signed = (event: object, secret = billing.secrets.platform) => {
    const payload = JSON.stringify(event);
    return [payload, billing.stripe.webhooks.generateTestHeaderString({ payload, secret })] as const;
  };
  const secondsAgo = (seconds: number) => Math.floor(Date.now() / 1_000) - seconds;
  const entries = async () =>
    ((await billing.call('admin', 'GET', '/v1/ledger/entries?limit=200')).body as { entries: { key: string }[] })
      .entries;

  test('E1: the same event ten times, at once and under other ids, funds the month once', async () => {
    const [event] = (await billing.stripe.events.list({ type: 'invoice.paid', limit: 1 })).data;
    const before = await entries();
    await Promise.all(Array.from({ length: 10 }, () => billing.deliver('/webhooks/stripe', ...signed(event ?? {}))));
    for (let copy = 0; copy < 10; copy++) {
      await billing.deliver('/webhooks/stripe', ...signed({ ...event, id: `${event?.id}_${copy}` }));
    }
    await billing.settled();
    expect(await entries()).toEqual(before);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
  });

  test('E2: events in reversed order come to the same', async () => {
    const secret = billing.secrets.platform;
    const { data } = await billing.stripe.events.list({ limit: 100 });
    // The list is newest first.
    for (const event of data)
      await billing.deliver('/webhooks/stripe', ...signed({ ...event, id: `late_${event.id}` }, secret));
    await billing.settled();
    expect(billing.budget('anna', november)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
  });

  test('E1: a signature that is wrong, missing, old or of another door is refused, and nothing is stored', async () => {
    const event = {
      id: 'evt_forged',
      object: 'event',
      type: 'invoice.paid',
      created: 1,
      data: { object: { id: 'in_x' } },
    };
    const payload = JSON.stringify(event);
    const secret = billing.secrets.platform;
    const old = billing.stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: secondsAgo(301) });
    const attempts = [
      ['/webhooks/stripe', payload, 't=1,v1=00'],
      ['/webhooks/stripe', payload, ''],
      ['/webhooks/stripe', payload, old],
      ['/webhooks/stripe', ...signed(event, 'whsec_guessed')],
      ['/webhooks/stripe/connect', ...signed(event)],
      ['/webhooks/stripe/v2', ...signed(event)],
      ['/webhooks/stripe', `${payload} `, signed(event)[1]],
    ];
    for (const [path = '', body = '', signature = ''] of attempts) {
      const answer = await billing.deliver(path, body, signature);
      expect(answer).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
    expect(await events().select('id').where('id', '=', 'evt_forged').execute()).toEqual([]);
  });

  test('E1: a signature is good for five minutes, in which Stripe’s request may have been on its way', async () => {
    const payload = JSON.stringify({
      id: 'evt_slow',
      object: 'event',
      type: 'customer.created',
      created: 1,
      data: { object: { id: 'cus_slow' } },
    });
    const secret = billing.secrets.platform;
    const slow = billing.stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp: secondsAgo(240) });
    expect(await billing.deliver('/webhooks/stripe', payload, slow)).toMatchObject({ status: 200 });
  });

  test('E1: while a secret is rotated both are good', async () => {
    const event = {
      id: 'evt_rotated',
      object: 'event',
      type: 'customer.created',
      created: 1,
      data: { object: { id: 'cus_x' } },
    };
    expect((await billing.deliver('/webhooks/stripe', ...signed(event, 'whsec_retired'))).status).toBe(200);
    const other = signed({ ...event, id: 'evt_rotated_2' });
    expect((await billing.deliver('/webhooks/stripe', ...other)).status).toBe(200);
    const stored = await events().select(['id', 'state']).where('id', 'like', 'evt\\_rotated%').orderBy('id').execute();
    expect(stored).toEqual([
      { id: 'evt_rotated', state: 'ignored' },
      { id: 'evt_rotated_2', state: 'ignored' },
    ]);
  });

  test('an account’s events of either kind are passed on, once', async () => {
    const thin = {
      id: 'evt_thin',
      object: 'v2.core.event',
      type: 'v2.core.account[requirements].updated',
      created: '2026-11-01T00:00:00.000Z',
      livemode: false,
      related_object: { id: 'acct_1', type: 'v2.core.account', url: '/v2/core/accounts/acct_1' },
    };
    const snapshot = {
      id: 'evt_account',
      object: 'event',
      type: 'account.updated',
      account: 'acct_2',
      created: 1_793_491_200,
      data: { object: { id: 'acct_2', object: 'account' } },
    };
    const ofWriter = {
      ...snapshot,
      id: 'evt_payout',
      type: 'payout.failed',
      data: { object: { id: 'po_of_writer', object: 'payout' } },
    };
    for (let times = 0; times < 3; times++) {
      expect((await billing.deliver('/webhooks/stripe/v2', ...signed(thin, billing.secrets.thin))).status).toBe(200);
      await billing.deliver('/webhooks/stripe/connect', ...signed(snapshot, billing.secrets.connect));
      await billing.deliver('/webhooks/stripe/connect', ...signed(ofWriter, billing.secrets.connect));
    }
    await billing.settled();
    expect([...billing.said.received].sort((a, b) => (a.objectId < b.objectId ? -1 : 1))).toEqual([
      expect.objectContaining({ eventId: 'evt_thin', objectId: 'acct_1', accountId: null }),
      expect.objectContaining({ eventId: 'evt_account', objectId: 'acct_2', accountId: 'acct_2' }),
      expect.objectContaining({ eventId: 'evt_payout', objectId: 'po_of_writer', accountId: 'acct_2' }),
    ]);
  });

  test('E2: while Stripe fails an event waits, and is processed when Stripe is back', async () => {
    await billing.control('POST', '/_sandbox/faults', {
      match: { method: 'GET', path: '/v1/invoices/*' },
      kind: '500',
      times: 6,
    });
    await billing.subscribe('ben', 600);
    expect(billing.budget('ben', november)).toEqual({ paidCents: 600, openCents: 0, funding: 'paid' });
    const [event] = await events()
      .selectAll()
      .where('type', '=', 'invoice.paid')
      .orderBy('received_at', 'desc')
      .limit(1)
      .execute();
    expect(event).toMatchObject({ state: 'processed', attempts: expect.any(Number) });
    expect(event?.attempts).toBeGreaterThan(1);
  });

  test('an event about nothing that Stripe knows is put aside, and holds up nobody', async () => {
    const event = {
      id: 'evt_lost',
      object: 'event',
      type: 'invoice.paid',
      created: 1,
      data: { object: { id: 'in_lost' } },
    };
    await billing.deliver('/webhooks/stripe', ...signed(event));
    await billing.subscribe('cleo', 700);
    expect(billing.budget('cleo', november)).toMatchObject({ paidCents: 700 });
    const [lost] = await events().select('state').where('id', '=', 'evt_lost').execute();
    expect(lost?.state).toBe('failed');
  });

  test('E1: an invoice of a subscription that is not ours waits in suspense', async () => {
    const customer = await billing.stripe.customers.create({});
    const card = await billing.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    await billing.stripe.customers.update(customer.id, { invoice_settings: { default_payment_method: card.id } });
    await billing.stripe.subscriptions.create({
      customer: customer.id,
      items: [
        {
          price_data: {
            currency: 'usd',
            product: 'wewrite_subscription',
            unit_amount: 400,
            recurring: { interval: 'month' },
          },
        },
      ],
      billing_mode: { type: 'flexible' },
      billing_cycle_anchor_config: { day_of_month: 1, hour: 0, minute: 0, second: 0 },
    });
    await billing.settled();
    expect(await billing.standing('suspense')).toEqual({ suspense: 400 });
  });

  test('a webhook that never arrives is fetched from Stripe', async () => {
    const { data } = await billing.stripe.webhookEndpoints.list();
    const lost = await billing.stripe.webhookEndpoints.create({ url: 'http://127.0.0.1:9/', enabled_events: ['*'] });
    for (const endpoint of data) await billing.stripe.webhookEndpoints.del(endpoint.id);
    const answer = await billing.call('dora', 'POST', '/v1/subscription', {
      monthlyCents: 500,
      paymentMethodId: 'pm_card_visa',
    });
    expect(answer.status).toBe(201);
    await eventually(() => billing.budget('dora', november)?.funding === 'none');
    await billing.control('PUT', '/clock', { now: '2026-11-01T02:30:00.000Z' });
    await eventually(() => billing.budget('dora', november)?.paidCents === 500);
    await billing.stripe.webhookEndpoints.del(lost.id);
  });
});
