import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createLog } from '@wewrite/service-kit';
import type { BillingSchema } from '../src/db.ts';
import { readingExpansions } from '../src/subscription/subscription.ts';
import { applySubscription } from '../src/subscription/sync-subscription.ts';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

describe('the end of a subscription', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-10T00:00:00.000Z');
    for (const user of ['anna', 'ben', 'cleo', 'dora']) await billing.subscribe(user, 1_000);
  });
  afterAll(() => billing?.stop());

  const call = async (user: string, method: string, path = '/v1/subscription', body?: unknown) => {
    const answer = await billing.call(user, method, path, body);
    await billing.settled();
    return answer;
  };
  const resume = (user: string) => call(user, 'POST', '/v1/subscription/resume');
  const atStripe = async (user: string) => {
    const { subscription } = (await call(user, 'GET')).body as { subscription: { customerId: string } };
    const [found] = (await billing.stripe.subscriptions.list({ customer: subscription.customerId })).data;
    if (found === undefined) throw new Error(`${user} has no subscription at Stripe`);
    return found;
  };
  const readingOf = async (user: string) =>
    billing.stripe.subscriptions.retrieve((await atStripe(user)).id, { expand: readingExpansions });
  const database = () => billing.harness.database<BillingSchema>('billing');
  const versionOf = async (stripeId: string) => {
    const known = database().kysely.selectFrom('subscription').select('version').where('stripe_id', '=', stripeId);
    return (await known.executeTakeFirstOrThrow()).version;
  };
  const context = () => ({
    database: database(),
    outbox: { emit: async () => undefined, emitBlobs: async () => undefined },
    clock: billing.harness.clock,
    log: createLog({ service: 'test', level: 'silent' }),
  });
  const ending = { subscription: { state: 'active', cancelAt: '2026-12-01T00:00:00.000Z' } };
  const going = { subscription: { state: 'active', cancelAt: null } };
  const expected = { paidCents: 0, openCents: 1_000, funding: 'expected' };

  test('E3: a cancellation takes effect at the month’s end, and can be undone until then', async () => {
    const paid = billing.budget('anna', november);
    for (let times = 0; times < 2; times++) expect((await call('anna', 'DELETE')).body).toMatchObject(ending);
    expect(billing.budget('anna', december)).toMatchObject({ openCents: 0, funding: 'none' });
    expect(billing.budget('anna', november)).toEqual(paid);
    for (let times = 0; times < 2; times++) expect((await resume('anna')).body).toMatchObject(going);
    expect(billing.budget('anna', december)).toEqual(expected);
  });

  test('E3: an end that was set elsewhere by an instant, as the portal does it, is seen and undone, too', async () => {
    const { id, items } = await atStripe('ben');
    await billing.stripe.subscriptions.update(id, { cancel_at: items.data[0]?.current_period_end ?? 0 });
    await billing.settled();
    expect((await call('ben', 'GET')).body).toMatchObject(ending);
    expect(billing.budget('ben', december)).toMatchObject({ funding: 'none' });
    expect((await resume('ben')).body).toMatchObject(going);
    expect((await atStripe('ben')).cancel_at).toBeNull();
    expect(billing.budget('ben', december)).toEqual(expected);
  });

  test('E3: a raise before the end is invoiced, and the end stays', async () => {
    await call('cleo', 'DELETE');
    const { body } = await call('cleo', 'PATCH', '/v1/subscription', { monthlyCents: 2_000 });
    expect(body).toMatchObject({ subscription: { monthlyCents: 2_000, cancelAt: '2026-12-01T00:00:00.000Z' } });
    expect(billing.budget('cleo', november)?.paidCents).toBe(1_400);
  });

  test.each([['timeout_after_success'], ['500']])(
    'E3: a cancellation whose answer is lost (%s) is made once it is asked for again',
    async (kind) => {
      const match = { method: 'POST', path: '/v1/subscriptions/*' };
      await billing.control('POST', '/_sandbox/faults', { match, kind, times: 3 });
      expect((await call('dora', 'DELETE')).status).toBe(503);
      await billing.control('DELETE', '/_sandbox/faults');
      expect((await call('dora', 'DELETE')).body).toMatchObject(ending);
      expect((await resume('dora')).body).toMatchObject(going);
    },
  );

  test.each([['now'], ['next_month']])(
    'E2: one that has ended at Stripe is not changed (from %s), whether we have heard of it or not',
    async (from) => {
      const user = `gil from ${from}`;
      await billing.subscribe(user, 600);
      await billing.stripe.subscriptions.cancel((await atStripe(user)).id);
      const answer = await call(user, 'PATCH', '/v1/subscription', { monthlyCents: 2_000, from });
      expect(answer).toMatchObject({ status: 422, body: { code: 'no_subscription' } });
      expect((await call(user, 'GET')).body).toMatchObject({ subscription: { state: 'ended' } });
    },
  );

  test('A5, E2: what ended funds no later month, and who wants to come back begins anew', async () => {
    await billing.at('2026-12-01T01:00:00.000Z');
    expect((await call('cleo', 'GET')).body).toMatchObject({
      subscription: { state: 'ended', endedAt: '2026-12-01T00:00:00.000Z' },
    });
    expect(billing.budget('cleo', december)?.funding ?? 'none').toBe('none');
    expect(billing.budget('anna', december)).toMatchObject({ paidCents: 1_000, funding: 'paid' });
    expect(await resume('cleo')).toMatchObject({ status: 422, body: { code: 'no_subscription' } });
    await billing.subscribe('cleo', 600);
    expect(billing.budget('cleo', december)?.paidCents).toBeGreaterThan(500);
  });

  test('E4: a subscription that is ended while its month is unpaid funds only what was paid', async () => {
    await billing.changeCard('anna', 'pm_card_chargeCustomerFail');
    await billing.at('2027-01-01T01:00:00.000Z');
    expect((await call('anna', 'GET')).body).toMatchObject({ subscription: { state: 'past_due' } });
    expect((await call('anna', 'GET', '/v1/funding')).body).toMatchObject({ openCents: 1_000, funding: 'expected' });
    await billing.stripe.subscriptions.cancel((await atStripe('anna')).id);
    await billing.settled();
    expect((await call('anna', 'GET')).body).toMatchObject({ subscription: { state: 'ended' } });
    expect((await call('anna', 'GET', '/v1/funding')).body).toMatchObject({ openCents: 0, funding: 'none' });
  });

  test('E2: a reading from before the end that is applied after it brings nothing back', async () => {
    await billing.subscribe('emil', 700);
    const before = await readingOf('emil');
    await billing.stripe.subscriptions.cancel(before.id);
    await billing.settled();
    expect(await applySubscription(context(), before, await versionOf(before.id))).toBe('applied');
    expect((await call('emil', 'GET')).body).toMatchObject({ subscription: { state: 'ended' } });
  });

  test('E2: of two readings that were begun at the same time, the second to come is not applied, but made again', async () => {
    await billing.subscribe('finn', 700);
    const before = await readingOf('finn');
    const seenVersion = await versionOf(before.id);
    const ended = (await call('finn', 'DELETE')).body;
    expect(ended).toMatchObject({ subscription: { state: 'active', cancelAt: '2027-02-01T00:00:00.000Z' } });
    expect(await versionOf(before.id)).toBeGreaterThan(seenVersion);
    expect(await applySubscription(context(), before, seenVersion)).toBe('stale');
    expect((await call('finn', 'GET')).body).toMatchObject(ended);
  });
});
