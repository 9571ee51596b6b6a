import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type RunningBilling, startBilling } from './running-billing.ts';

describe('a raise that waits for its payment', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    for (const user of ['anna', 'ben', 'cleo']) await billing.subscribe(user, 1_000);
    await billing.at('2026-11-16T00:00:00.000Z');
  });
  afterAll(() => billing?.stop());

  const raise = (user: string, monthlyCents: number) =>
    billing.call(user, 'PATCH', '/v1/subscription', { monthlyCents });
  const waiting = async (user: string, monthlyCents: number) => {
    await billing.changeCard(user, 'pm_card_chargeCustomerFail');
    const { body } = await raise(user, monthlyCents);
    await billing.settled();
    return body;
  };

  test('E3: it stays what it is when it is asked for again', async () => {
    const first = await waiting('anna', 3_000);
    expect(first).toMatchObject({ subscription: { waitingRaise: { monthlyCents: 3_000 } } });
    expect(await raise('anna', 3_000)).toEqual({ status: 200, body: first });
  });

  test('E3: its place can be taken after Stripe has failed to void its invoice', async () => {
    await waiting('ben', 3_000);
    await billing.changeCard('ben', 'pm_card_visa');
    const match = { method: 'POST', path: '/v1/invoices/*/void' };
    await billing.control('POST', '/_sandbox/faults', { match, kind: '500', times: 3 });
    expect((await raise('ben', 2_000)).status).toBe(503);
    await billing.control('DELETE', '/_sandbox/faults');
    expect((await raise('ben', 2_000)).body).toMatchObject({ subscription: { monthlyCents: 2_000 } });
  });

  test('E3: its place is taken at once, whether or not Stripe’s webhooks arrive', async () => {
    await waiting('cleo', 3_000);
    await billing.changeCard('cleo', 'pm_card_visa');
    const { data } = await billing.stripe.webhookEndpoints.list();
    for (const endpoint of data) await billing.stripe.webhookEndpoints.del(endpoint.id);
    expect((await raise('cleo', 2_000)).body).toMatchObject({
      subscription: { monthlyCents: 2_000, waitingRaise: null },
    });
  });
});
