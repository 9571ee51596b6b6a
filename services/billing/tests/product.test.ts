import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type RunningBilling, startBilling } from './running-billing.ts';

let billing: RunningBilling;
beforeAll(async () => {
  billing = await startBilling('2026-11-16T00:00:00.000Z');
});
afterAll(() => billing?.stop());

test('E3: while Stripe cannot make the product nobody subscribes, and the next who asks does', async () => {
  const order = { monthlyCents: 1_000, paymentMethodId: 'pm_card_visa' };
  await billing.control('POST', '/_sandbox/faults', { match: { path: '/v1/products' }, kind: '500', times: 1 });
  expect(await billing.call('anna', 'POST', '/v1/subscription', order)).toMatchObject({
    status: 503,
    body: { code: 'unavailable' },
  });
  expect(await billing.call('anna', 'POST', '/v1/subscription', order)).toMatchObject({
    status: 201,
    body: { subscription: { state: 'active' } },
  });
});
