import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PayoutAccountSchema } from '@wewrite/contracts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';

let stack: PayoutHarness;

beforeAll(async () => {
  stack = await startPayouts('storage');
});
afterAll(() => stack.stop());

test('D1: a writer who opens an account while Stripe fails is told to try again, and then has one', async () => {
  const writer = { sub: 'wanda', roles: ['writer'] };
  // The SDK repeats a call twice before it gives up.
  for (const path of ['/v2/core/accounts', '/v2/core/account_links']) {
    await stack.fault({ match: { method: 'POST', path }, kind: '500', times: 3 });
    const failed = await stack.post('/v1/payout-account', {}, writer);
    expect(failed).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    await stack.endFaults();
  }
  const opened = await stack.post('/v1/payout-account', {}, writer);
  expect(opened.status).toBe(200);
  const known = PayoutAccountSchema.parse(opened.body);
  expect(await stack.get('/v1/payout-account', PayoutAccountSchema, writer)).toMatchObject({
    accountId: known.accountId,
  });
});
