import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type Stripe from 'stripe';
import {
  drained,
  type SandboxForTests,
  sandboxForTests,
  seconds,
  until,
  type WebhookReceiver,
  webhookReceiver,
} from './sandbox-for-tests.ts';

let sandbox: SandboxForTests;
let stripe: Stripe;
let receiver: WebhookReceiver;
beforeEach(async () => {
  sandbox = await sandboxForTests();
  stripe = sandbox.stripe;
  receiver = await webhookReceiver();
});
afterEach(async () => {
  await sandbox.stop();
  await receiver.stop();
});

async function listen(enabled: Stripe.WebhookEndpointCreateParams.EnabledEvent[], connect = false): Promise<string> {
  const endpoint = await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: enabled, connect });
  if (endpoint.secret === undefined) throw new Error('no secret');
  return endpoint.secret;
}

function read(secret: string): Stripe.Event[] {
  return receiver.received.map(({ body, signature }) => stripe.webhooks.constructEvent(body, signature, secret));
}

describe('snapshot webhooks', () => {
  test('are signed, carry the object and its request, and come for enabled events only', async () => {
    const secret = await listen(['invoice.paid', 'customer.subscription.created']);
    const customer = await sandbox.customerWith('pm_card_visa');
    const subscription = await sandbox.subscribe(customer.id, 1000);
    await drained(sandbox.url);
    const events = read(secret);
    expect(events.map(({ type }) => type).sort()).toEqual(['customer.subscription.created', 'invoice.paid']);
    const paid = events.find(({ type }) => type === 'invoice.paid');
    expect(paid).toMatchObject({
      api_version: '2026-10-28.endive',
      created: seconds('2026-11-01T00:00:00Z'),
      data: { object: { id: subscription.latest_invoice, status: 'paid', amount_paid: 1000 } },
    });
    expect(paid?.request?.id).toMatch(/^req_/);
    expect(await stripe.events.retrieve(String(paid?.id))).toMatchObject({ id: paid?.id, pending_webhooks: 0 });
    expect(() => read('whsec_wrong')).toThrow(/signature/);
  });

  test('of a renewal have no request and the instant of the renewal', async () => {
    const secret = await listen(['invoice.paid']);
    const customer = await sandbox.customerWith('pm_card_visa');
    await sandbox.subscribe(customer.id, 1000);
    await sandbox.steer('2026-12-15T00:00:00Z');
    await drained(sandbox.url);
    const renewal = read(secret).find(({ created }) => created === seconds('2026-12-01T01:00:00Z'));
    expect(renewal).toMatchObject({ type: 'invoice.paid', request: null });
  });

  test('are repeated until they are answered with 2xx; until then events.list shows them', async () => {
    const secret = await listen(['customer.subscription.deleted', 'invoice.paid']);
    receiver.refuseNext(2, 500);
    const customer = await sandbox.customerWith('pm_card_visa');
    await sandbox.subscribe(customer.id, 1000);
    const undelivered = await stripe.events.list({ delivery_success: false });
    expect(undelivered.data.map(({ type }) => type)).toEqual(['invoice.paid']);
    await drained(sandbox.url);
    expect(read(secret).map(({ type }) => type)).toEqual(['invoice.paid']);
    expect((await stripe.events.list({ delivery_success: false })).data).toEqual([]);
  });

  test('are of the types that the endpoint asks for last, under the same secret', async () => {
    const secret = await listen(['invoice.voided']);
    const [endpoint] = (await stripe.webhookEndpoints.list()).data;
    await stripe.webhookEndpoints.update(String(endpoint?.id), { enabled_events: ['invoice.paid'] });
    const customer = await sandbox.customerWith('pm_card_visa');
    await sandbox.subscribe(customer.id, 1000);
    await drained(sandbox.url);
    expect(read(secret).map(({ type }) => type)).toEqual(['invoice.paid']);
  });

  test('are listed by up to 20 types; more are refused', async () => {
    const types = Array.from({ length: 21 }, (_, index) => `type.${index}`);
    expect((await stripe.events.list({ types: types.slice(1) })).data).toEqual([]);
    await expect(stripe.events.list({ types })).rejects.toMatchObject({ statusCode: 400, param: 'types' });
  });

  test('hundreds a second arrive', async () => {
    await listen(['customer.subscription.created']);
    const customer = await sandbox.customerWith('pm_card_visa');
    await Promise.all(Array.from({ length: 100 }, () => sandbox.subscribe(customer.id, 1000)));
    await until(() => receiver.received.length === 100, 'all have arrived');
    expect(new Set(receiver.received.map(({ body }) => JSON.parse(body).id)).size).toBe(100);
  });

  test('go to no endpoint that was deleted', async () => {
    await listen(['*']);
    const [endpoint] = (await stripe.webhookEndpoints.list()).data;
    expect(endpoint?.secret).toBeUndefined();
    await stripe.webhookEndpoints.del(String(endpoint?.id));
    await sandbox.control('POST', '/_sandbox/topups', { amount: 100 });
    await drained(sandbox.url);
    expect(receiver.received).toEqual([]);
  });
});

describe('accounts', () => {
  test('tell of their capability twice: thin for the v2 account, and to the connect endpoint', async () => {
    const destination = await stripe.v2.core.eventDestinations.create({
      name: 'writers',
      type: 'webhook_endpoint',
      event_payload: 'thin',
      enabled_events: ['v2.core.account[configuration.recipient].capability_status_updated'],
      webhook_endpoint: { url: receiver.url },
      include: ['webhook_endpoint.signing_secret'],
    });
    const connectSecret = await listen(['account.updated'], true);
    await listen(['account.updated']);
    const account = await stripe.v2.core.accounts.create({ configuration: { recipient: {} } });
    await sandbox.control('POST', `/_sandbox/onboarding/${account.id}`, { outcome: 'ready' });
    await drained(sandbox.url);
    expect(receiver.received).toHaveLength(2);
    const thin = receiver.received.find(({ body }) => body.includes('v2.core.event'));
    const connect = receiver.received.find((each) => each !== thin);
    const secret = String(destination.webhook_endpoint?.signing_secret);
    const notification = stripe.parseEventNotification(String(thin?.body), String(thin?.signature), secret);
    expect(notification).toMatchObject({ related_object: { id: account.id, type: 'v2.core.account' } });
    expect(notification).not.toHaveProperty('data');
    expect(await stripe.v2.core.events.retrieve(notification.id)).toMatchObject({
      type: 'v2.core.account[configuration.recipient].capability_status_updated',
      data: { updated_capability: 'stripe_balance.stripe_transfers' },
    });
    expect(
      stripe.webhooks.constructEvent(String(connect?.body), String(connect?.signature), connectSecret),
    ).toMatchObject({ type: 'account.updated', account: account.id });
  });
});
