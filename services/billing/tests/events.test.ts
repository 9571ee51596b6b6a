import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { BillingSchema } from '../src/db.ts';
import { december, november, type RunningBilling, startBilling } from './running-billing.ts';

interface Listed {
  readonly eventId: string;
  readonly type: string;
  readonly state: string;
}

describe('the events of subscriptions', () => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z');
    await billing.subscribe('anna', 1_000);
    await billing.subscribe('ben', 1_000);
  });
  afterAll(() => billing?.stop());

  const list = async (query: string) => {
    const { body } = await billing.call('admin', 'GET', `/v1/stripe-events?${query}`);
    return body as { events: Listed[]; next: string | null };
  };
  const replay = (eventId: string, caller = 'admin') =>
    billing.call(caller, 'POST', `/v1/stripe-events/${eventId}/replay`);
  const redeliver = async (event: object, secret = billing.secrets.platform) => {
    const payload = JSON.stringify(event);
    const header = billing.stripe.webhooks.generateTestHeaderString({ payload, secret });
    return billing.deliver('/webhooks/stripe', payload, header);
  };
  const books = async () => (await billing.call('admin', 'GET', '/v1/ledger/entries?limit=200')).body;
  const stateOf = async (user: string) =>
    ((await billing.call(user, 'GET', '/v1/subscription')).body as { subscription: Record<string, unknown> })
      .subscription;

  test('E1: an operator finds events by type, state and object, newest first, page by page', async () => {
    const all = await list('limit=200');
    const pages: string[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const page = await list(`limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
      pages.push(...page.events.map(({ eventId }) => eventId));
      cursor = page.next;
    }
    expect(pages).toEqual(all.events.map(({ eventId }) => eventId));
    const paid = await list('type=invoice.paid&state=processed');
    expect(paid.events.map(({ type }) => type)).toEqual(['invoice.paid', 'invoice.paid']);
    const customerIds = (await list('state=ignored')).events.map(({ state }) => state);
    expect(new Set(customerIds)).toEqual(new Set(['ignored']));
    expect((await list('objectId=in_nothing')).events).toEqual([]);
  });

  test('E1: an event that is replayed ten times changes no cent', async () => {
    const before = await books();
    const [event] = (await list('type=invoice.paid')).events;
    for (let times = 0; times < 10; times++) {
      expect(await replay(String(event?.eventId))).toMatchObject({ status: 200, body: { state: 'waiting' } });
    }
    await billing.settled();
    expect(await books()).toEqual(before);
    expect((await list('state=waiting')).events).toEqual([]);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 1_000, openCents: 0, funding: 'paid' });
  });

  test('E1: an event that was put aside is processed once Stripe knows its object', async () => {
    await redeliver({
      id: 'evt_aside',
      object: 'event',
      type: 'invoice.paid',
      created: 1,
      data: { object: { id: 'in_unknown' } },
    });
    await billing.settled();
    const [aside] = (await list('state=failed')).events;
    expect(aside).toMatchObject({ eventId: 'evt_aside', objectId: 'in_unknown', failure: expect.any(String) });
    const { kysely } = billing.harness.database<BillingSchema>('billing');
    const [known] = (await list('type=invoice.paid&state=processed')).events as (Listed & { objectId: string })[];
    await kysely
      .updateTable('stripe_event')
      .set({ object_id: String(known?.objectId) })
      .where('id', '=', 'evt_aside')
      .execute();
    await replay('evt_aside');
    await billing.settled();
    expect((await list('state=failed')).events).toEqual([]);
  });

  test('E1: what asks for nothing, is not known, or is asked by somebody else is not replayed', async () => {
    const [ignored] = (await list('state=ignored')).events;
    expect(await replay(String(ignored?.eventId))).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    expect((await list('state=ignored')).events[0]).toMatchObject({ eventId: ignored?.eventId });
    expect(await replay('evt_nothing')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect((await replay(String(ignored?.eventId), 'anna')).status).toBe(403);
  });

  test('E2: all that was ever said, a day late, newest first and ten times, changes nothing', async () => {
    await billing.call('anna', 'PATCH', '/v1/subscription', { monthlyCents: 2_000 });
    await billing.settled();
    await billing.at('2026-11-02T12:00:00.000Z');
    const before = await books();
    const subscription = await stateOf('anna');
    const { data } = await billing.stripe.events.list({ limit: 100 });
    for (let copy = 0; copy < 10; copy++) {
      await Promise.all(data.map((event) => redeliver({ ...event, id: `${event.id}_late_${copy}` })));
    }
    await billing.settled();
    expect(await books()).toEqual(before);
    expect(await stateOf('anna')).toEqual(subscription);
    expect(billing.budget('anna', november)).toEqual({ paidCents: 2_000, openCents: 0, funding: 'paid' });
    expect(billing.budget('anna', december)).toEqual({ paidCents: 0, openCents: 2_000, funding: 'expected' });
  });

  test('E1: while a secret is rotated the old and the new one are good, any other is not', async () => {
    const event = { object: 'event', type: 'customer.created', created: 1, data: { object: { id: 'cus_x' } } };
    expect((await redeliver({ ...event, id: 'evt_old' }, 'whsec_retired')).status).toBe(200);
    expect((await redeliver({ ...event, id: 'evt_new' })).status).toBe(200);
    expect((await redeliver({ ...event, id: 'evt_forged' }, 'whsec_else')).status).toBe(400);
    expect((await list('type=customer.created')).events.map(({ eventId }) => eventId)).not.toContain('evt_forged');
  });

  test('E2: a subscription that was cancelled is revived by no late event, payment or replay', async () => {
    await billing.call('ben', 'DELETE', '/v1/subscription');
    await billing.at('2026-12-01T03:00:00.000Z');
    expect(await stateOf('ben')).toMatchObject({ state: 'ended', endedAt: '2026-12-01T00:00:00.000Z' });
    const before = await books();
    const types = ['customer.subscription.created', 'customer.subscription.updated', 'invoice.paid'];
    const { data } = await billing.stripe.events.list({ types, limit: 100 });
    for (const event of data) await redeliver({ ...event, id: `${event.id}_revives` });
    for (const { eventId } of (await list('limit=200&state=processed')).events) await replay(eventId);
    await billing.settled();
    expect(await stateOf('ben')).toMatchObject({ state: 'ended' });
    expect(billing.budget('ben', december)?.funding ?? 'none').toBe('none');
    expect(await books()).toEqual(before);
    for (const change of [{ monthlyCents: 2_000 }, { monthlyCents: 500, from: 'next_month' }]) {
      expect(await billing.call('ben', 'PATCH', '/v1/subscription', change)).toMatchObject({
        status: 422,
        body: { code: 'no_subscription' },
      });
    }
    await billing.subscribe('ben', 700);
    expect(await stateOf('ben')).toMatchObject({ state: 'active', monthlyCents: 700 });
  });
});
