import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BillingSchema } from '../src/db.ts';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

const recurring = { interval: 'month' as const };

/** What keeps Stripe from telling us anything. */
async function deafen(billing: RunningBilling): Promise<void> {
  const { data } = await billing.stripe.webhookEndpoints.list();
  for (const endpoint of data) await billing.stripe.webhookEndpoints.del(endpoint.id);
}

describe('the sweep of renewals', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    for (const user of ['anna', 'ben', 'cleo']) await billing.subscribe(user, 1_000);
  });
  afterAll(() => billing?.stop());

  const sweep = async (month: string) => (await billing.call('admin', 'POST', `/v1/months/${month}/sweep`)).body;
  const stateOf = async (user: string) => (await billing.call(user, 'GET', '/v1/subscription')).body.subscription;
  const stripeIdOf = async (user: string) => {
    const { customerId } = (await stateOf(user)) as { customerId: string };
    return String((await billing.stripe.subscriptions.list({ customer: customerId })).data[0]?.id);
  };
  const tables = () => billing.harness.database<BillingSchema>('billing').kysely;
  const books = () => billing.call('admin', 'GET', '/v1/ledger/entries?limit=200');

  test('E6: where nothing is missing it changes nothing, however often it is run', async () => {
    const before = (await books()).body;
    const nothing = { subscriptions: 3, repairedSubscriptions: [], repairedInvoices: [], missing: [], unknown: [] };
    for (let times = 0; times < 3; times++) expect(await sweep('2026-11')).toEqual({ month: '2026-11', ...nothing });
    expect((await books()).body).toEqual(before);
  });

  test('E6: an operator whose sweep meets a Stripe that fails is told to try again', async () => {
    const match = { method: 'GET', path: '/v1/subscriptions' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: '500', times: 3 });
    const failed = await billing.call('admin', 'POST', '/v1/months/2026-11/sweep');
    await billing.control('DELETE', '/_sandbox/faults');
    expect(failed).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect(await sweep('2026-11')).toMatchObject({ subscriptions: 3 });
  });

  test('E6: renewals that nobody told of are taken in, three hours into the month', async () => {
    await deafen(billing);
    await billing.at('2026-12-01T01:00:00.000Z');
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 1_000, funding: 'expected' });
    await billing.at('2026-12-01T03:00:00.000Z');
    for (const user of ['anna', 'ben', 'cleo']) {
      expect(billing.budget(user, december)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
    }
    expect(await billing.standing('supporter_funds:anna:2026-12', 'suspense')).toEqual({
      'supporter_funds:anna:2026-12': 1_000,
      suspense: 0,
    });
  });

  test('E6: what has changed at Stripe meanwhile is read again, an end too', async () => {
    await billing.stripe.subscriptions.cancel(await stripeIdOf('ben'));
    await billing.stripe.subscriptions.update(await stripeIdOf('cleo'), { cancel_at_period_end: true });
    const { repairedSubscriptions, subscriptions } = (await sweep('2026-12')) as {
      repairedSubscriptions: string[];
      subscriptions: number;
    };
    expect([subscriptions, repairedSubscriptions.length]).toEqual([2, 2]);
    expect(await stateOf('ben')).toMatchObject({ state: 'ended' });
    expect(await stateOf('cleo')).toMatchObject({ cancelAt: '2027-01-01T00:00:00.000Z' });
  });

  test('E6: an invoice that Stripe has and that we never heard of is taken in once', async () => {
    await tables().deleteFrom('invoice_month').where('user_id', '=', 'anna').where('month', '=', december).execute();
    expect(await sweep(december)).toMatchObject({ repairedInvoices: [expect.stringMatching(/^in_/)], missing: [] });
    expect(await billing.standing('supporter_funds:anna:2026-12')).toEqual({ 'supporter_funds:anna:2026-12': 1_000 });
  });

  test('E6: a subscription that Stripe has not invoiced, and one that is not ours, are reported', async () => {
    const customer = await billing.stripe.customers.create({});
    const card = await billing.stripe.paymentMethods.attach('pm_card_visa', { customer: customer.id });
    const foreign = await billing.stripe.subscriptions.create({
      customer: customer.id,
      items: [{ price_data: { currency: 'usd', product: 'wewrite_subscription', unit_amount: 400, recurring } }],
      metadata: { subscription_id: 'somebody-else' },
      default_payment_method: card.id,
    });
    await billing.at('2026-12-31T12:00:00.000Z');
    const order = { monthlyCents: 100, paymentMethodId: 'pm_card_visa' };
    expect((await billing.call('dora', 'POST', '/v1/subscription', order)).status).toBe(201);
    // Her first part was free. Had it not been, Stripe would owe us an invoice.
    await tables().updateTable('subscription').set({ first_month_free: false }).where('user_id', '=', 'dora').execute();
    expect(await sweep(december)).toMatchObject({
      missing: [{ userId: 'dora', subscriptionId: expect.any(String) }],
      unknown: [foreign.id],
    });
  });

  test('E6: a month that has not begun is refused, and so is everybody but an admin', async () => {
    const later = await billing.call('admin', 'POST', '/v1/months/2027-01/sweep');
    expect(later).toMatchObject({ status: 422, body: { code: 'unknown_month' } });
    expect((await billing.call('anna', 'POST', `/v1/months/${november}/sweep`)).status).toBe(403);
  });
});
