import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type RunningSandbox, startSandbox } from '@wewrite/local-stack/sandbox';
import type Stripe from 'stripe';
import { z } from 'zod';
import { orderAtSandbox } from '../demo/order-at-sandbox.ts';
import { sandboxClient } from '../stack/webhook-endpoints.ts';
import { EventForwarder } from './forward-events.ts';

const secrets = { platform: 'whsec_platform', thin: 'whsec_thin' };
const since = new Date('2026-11-01T00:00:00.000Z');

let sandbox: RunningSandbox;
let stripe: Stripe;
let billing: Server;
let billingUrl: string;
let received: { path: string; type: string; id: string }[];
let refusals: number;
beforeEach(async () => {
  sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now: since.toISOString() });
  stripe = sandboxClient(sandbox.url, 'sk_test_sandbox');
  received = [];
  refusals = 0;
  billing = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const refused = refusals > 0;
      if (refused) refusals -= 1;
      else received.push(read(request.url ?? '', String(request.headers['stripe-signature']), Buffer.concat(chunks)));
      response.writeHead(refused ? 503 : 200).end();
    });
  });
  await new Promise<void>((resolve) => billing.listen(0, '127.0.0.1', resolve));
  billingUrl = `http://127.0.0.1:${z.object({ port: z.number() }).parse(billing.address()).port}`;
});
afterEach(async () => {
  billing.closeAllConnections();
  billing.close();
  await sandbox.stop();
});

/** Verifies as billing does. */
function read(path: string, signature: string, body: Buffer) {
  const event = path.endsWith('/v2')
    ? stripe.parseEventNotification(body, signature, secrets.thin)
    : stripe.webhooks.constructEvent(body, signature, secrets.platform);
  return { path, type: event.type, id: event.id };
}

const topUp = () => orderAtSandbox(new URL('/_sandbox/topups', sandbox.url), { amount: 100 });
const topUps = () => received.filter(({ type }) => type === 'topup.succeeded').length;
const forwarder = (from = since) =>
  new EventForwarder({ stripe, billingUrl, secrets, since: from, say: () => undefined });

describe('events that are passed on', () => {
  test('reach both of billing’s doors, signed as Stripe signs them, each once', async () => {
    await topUp();
    const { id } = await stripe.v2.core.accounts.create({
      configuration: { recipient: { capabilities: { bank_accounts: { local: { requested: true } } } } },
    });
    await orderAtSandbox(new URL(`/_sandbox/onboarding/${id}`, sandbox.url), { outcome: 'ready' });
    // Else the top-up's money would become available, with an event of its own, between two looks.
    await sandbox.dueWork.take();
    const passing = forwarder();
    expect(await passing.look()).toBeGreaterThan(2);
    const types = received.map(({ path, type }) => `${path} ${type}`);
    expect(types).toContain('/webhooks/stripe topup.succeeded');
    expect(types).toContain('/webhooks/stripe/v2 v2.core.account[requirements].updated');
    expect(await passing.look()).toBe(0);
    await topUp();
    await passing.look();
    expect(topUps()).toBe(2);
    expect(new Set(received.map(({ id }) => id)).size).toBe(received.length);
  });

  test('are found again when billing did not take them', async () => {
    for (let count = 0; count < 3; count++) await topUp();
    refusals = 1;
    const passing = forwarder();
    await expect(passing.look()).rejects.toThrow('Billing answered 503 to topup.succeeded');
    expect(received).toEqual([]);
    await passing.look();
    expect(topUps()).toBe(3);
  });

  test('are those since the beginning, on all pages', async () => {
    for (let count = 0; count < 130; count++) await topUp();
    expect(await forwarder(new Date('2026-11-01T00:00:01.000Z')).look()).toBe(0);
    await forwarder().look();
    expect(topUps()).toBe(130);
  });
});
