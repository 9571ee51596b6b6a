import { afterEach, describe, expect, test } from '@jest/globals';
import { monthReconciled } from '@wewrite/contracts';
import { run } from './locked-month.ts';
import { closeNovember, payForNovember } from './reversal-story.ts';
import { eventually, november, type RunningBilling, startBilling } from './running-billing.ts';

const payoutCalls = { method: 'POST', path: '/v1/payouts' };

let billing: RunningBilling;
afterEach(() => billing?.stop());

async function start(more: Readonly<Record<string, string>>): Promise<void> {
  billing = await startBilling('2026-11-01T00:00:00.000Z', 'storage', more);
  await payForNovember(billing);
  await closeNovember(billing);
}

async function reconcile(id = 'reconciled'): Promise<void> {
  await billing.harness.say(monthReconciled, {
    key: november,
    id,
    body: { run, month: november, at: '2026-12-01T09:12:00.000Z' },
  });
  await billing.settled();
}

/** Payouts to the platform's bank. */
const withdrawals = async () =>
  (await billing.stripe.payouts.list()).data.filter(({ payout_method: method }) => method === null);

/** What billing tells of its withdrawals, but for the amounts. */
const withdrawn = async () => {
  const { withdrawals: told } = (await billing.call('admin', 'GET', '/v1/revenue')).body as {
    withdrawals: { state: string; amountCents: number }[];
  };
  return told.map(({ amountCents: _amount, ...rest }) => rest);
};

/** 105 of fees and 500 unallocated, less Stripe's fees of 59, 53 and 36. */
const earnedCents = 605 - 148;

describe('B8: revenue after a reconciled close', () => {
  test('what is above the retained amount is paid to the bank once, with the month’s key', async () => {
    await start({ REVENUE_RETAINED_CENTS: '57' });
    const before = await billing.standing('stripe:payments');
    expect(await withdrawals()).toEqual([]);
    await reconcile();
    await reconcile('again');
    expect(await withdrawals()).toMatchObject([{ amount: earnedCents - 57, metadata: { revenue_month: '2026-11' } }]);
    expect(await billing.standing('platform:bank', 'stripe:payments')).toEqual({
      'platform:bank': earnedCents - 57,
      'stripe:payments': before['stripe:payments'] - (earnedCents - 57),
    });
    const requests = await billing.control('GET', '/_sandbox/requests?path=/v1/payouts');
    expect(JSON.stringify(requests)).toContain('"revenue-2026-11"');
    const { body } = await billing.call('admin', 'GET', '/v1/revenue');
    expect(body).toMatchObject({ withdrawnCents: earnedCents - 57 });
  });

  test('it is off unless configured', async () => {
    await start({});
    await reconcile();
    expect(await withdrawals()).toEqual([]);
    expect((await billing.call('admin', 'GET', '/v1/revenue')).body).toMatchObject({ withdrawals: [] });
  });

  test.each([['timeout_after_success'], ['connection_reset']])(
    'an answer that is lost (%s) makes no second payout',
    async (kind) => {
      await start({ REVENUE_RETAINED_CENTS: '0' });
      await billing.control('POST', '/_sandbox/faults', { match: payoutCalls, kind, times: 3 });
      await reconcile();
      expect(await withdrawals()).toHaveLength(1);
      expect(await billing.standing('platform:bank')).toEqual({ 'platform:bank': earnedCents });
    },
  );

  test('a payout that comes back is undone by a new entry', async () => {
    await start({ REVENUE_RETAINED_CENTS: '0' });
    const before = await billing.standing('stripe:payments');
    await billing.control('POST', '/_sandbox/settings', { payoutDelaySeconds: 3_600 });
    await reconcile();
    const [payout] = await withdrawals();
    await billing.control('POST', `/_sandbox/payouts/${payout?.id}`, { outcome: 'failed' });
    await billing.settled();
    expect(await billing.standing('platform:bank', 'stripe:payments')).toEqual({ 'platform:bank': 0, ...before });
    const { body } = await billing.call('admin', 'GET', '/v1/revenue');
    expect(body).toMatchObject({ withdrawals: [{ month: '2026-11', state: 'came_back', stripeId: payout?.id }] });
  });

  test('a payout that Stripe does not tell of for a while is the same payout still', async () => {
    await start({ REVENUE_RETAINED_CENTS: '0' });
    await billing.control('POST', '/_sandbox/settings', { payoutDelaySeconds: 3_600 });
    await reconcile();
    const [payout] = await withdrawals();
    const match = { method: 'GET', path: `/v1/payouts/${payout?.id}` };
    await billing.control('POST', '/_sandbox/faults', { match, kind: '500', times: 3 });
    await billing.control('POST', `/_sandbox/payouts/${payout?.id}`, { outcome: 'failed' });
    await billing.settled();
    expect(await withdrawals()).toHaveLength(1);
    expect(await billing.standing('platform:bank')).toEqual({ 'platform:bank': 0 });
    expect(await withdrawn()).toEqual([{ month: '2026-11', state: 'came_back', stripeId: payout?.id, failure: null }]);
  });

  test('D3: a payout that is absent at two look-ups was not made; a look-up that fails is none', async () => {
    await start({ REVENUE_RETAINED_CENTS: '0' });
    await billing.control('POST', '/_sandbox/faults', { match: payoutCalls, kind: '500' });
    await billing.control('POST', '/_sandbox/faults', {
      match: { method: 'GET', path: '/v1/payouts' },
      kind: '500',
      times: 6,
    });
    await reconcile();
    expect(await withdrawn()).toMatchObject([{ state: 'unclear', failure: 'absent at a look-up' }]);
    billing.skip(11 * 60_000);
    await eventually(async () => (await withdrawn())[0]?.state === 'refused');
    await billing.rewind();
    expect(await withdrawals()).toEqual([]);
    expect(await billing.standing('platform:bank')).toEqual({ 'platform:bank': 0 });
  });

  test('a wrong secret key is waited out, and then the payout is made', async () => {
    await start({ REVENUE_RETAINED_CENTS: '0' });
    await billing.control('POST', '/_sandbox/faults', { match: payoutCalls, kind: '401', times: 2 });
    await reconcile();
    expect(await withdrawals()).toHaveLength(1);
  });
});
