import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { z } from 'zod';
import { customerWith, drained, monthly, stripeFor, until, webhookReceiver } from './sandbox-for-tests.ts';

const mainFile = join(import.meta.dirname, 'main.ts');
let directory: string;
let children: ChildProcess[];
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
  children = [];
});
afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(directory, { recursive: true, force: true });
});

/** Starts the sandbox as a process of its own; a second start takes up the same file. */
async function start(
  port = 0,
  clock: NodeJS.ProcessEnv = { SANDBOX_NOW: '2026-11-01T00:00:00Z' },
): Promise<{ child: ChildProcess; url: string; port: number }> {
  const child = spawn(process.execPath, [mainFile], {
    env: { ...process.env, PORT: String(port), SANDBOX_DATABASE: join(directory, 'sandbox.db'), ...clock },
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  children.push(child);
  if (child.stdout === null) throw new Error('no standard output');
  const [line] = await once(createInterface(child.stdout), 'line');
  const { listening } = z.object({ listening: z.url() }).parse(JSON.parse(String(line)));
  return { child, url: listening, port: Number(new URL(listening).port) };
}

async function killed(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  const exit = once(child, 'exit');
  child.kill(signal);
  await exit;
}

const steer = (url: string, now: string) =>
  fetch(`${url}/clock`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ now }),
  });

test('killed after an answer, it still knows what it answered, the key, the time and the unsent webhook', async () => {
  const first = await start();
  const stripe = stripeFor(first.port);
  await stripe.products.create({ id: 'wewrite', name: 'WeWrite' });
  const receiver = await webhookReceiver();
  try {
    receiver.refuseNext(1_000, 503);
    await stripe.webhookEndpoints.create({ url: receiver.url, enabled_events: ['invoice.paid'] });
    await steer(first.url, '2026-11-10T00:00:00Z');
    const customer = await customerWith(stripe, 'pm_card_visa');
    const order = monthly(customer.id, 1000);
    const subscription = await stripe.subscriptions.create(order, { idempotencyKey: 'subscribe-1' });
    await killed(first.child, 'SIGKILL');

    receiver.refuseNext(0, 503);
    const second = await start(first.port);
    expect(await stripe.subscriptions.create(order, { idempotencyKey: 'subscribe-1' })).toEqual(subscription);
    expect((await stripe.subscriptions.list({ customer: customer.id })).data).toHaveLength(1);
    expect(await (await fetch(`${second.url}/clock`)).json()).toEqual({
      now: '2026-11-10T00:00:00.000Z',
      running: false,
    });
    await drained(second.url);
    expect(receiver.received).toHaveLength(1);
    await steer(second.url, '2026-12-01T01:00:00Z');
    expect((await stripe.invoices.list({ subscription: subscription.id })).data[0]?.status).toBe('paid');
  } finally {
    await receiver.stop();
  }
});

test('killed while time is being moved, the move can be repeated and each step happens once', async () => {
  const first = await start();
  const stripe = stripeFor(first.port);
  await stripe.products.create({ id: 'wewrite', name: 'WeWrite' });
  const customer = await customerWith(stripe, 'pm_card_visa');
  await Promise.all(Array.from({ length: 150 }, () => stripe.subscriptions.create(monthly(customer.id, 1000))));
  const cut = steer(first.url, '2026-12-05T00:00:00Z').catch(() => undefined);
  const renewed = z.object({ invoice: z.array(z.object({ billing_reason: z.string() })) });
  const cycles = async (url: string) => {
    const { invoice } = renewed.parse(await (await fetch(`${url}/_sandbox/state?object=invoice`)).json());
    return invoice.filter(({ billing_reason: reason }) => reason === 'subscription_cycle').length;
  };
  await until(async () => (await cycles(first.url)) > 0, 'the first renewals are there');
  await killed(first.child, 'SIGKILL');
  await cut;

  const second = await start(first.port);
  await steer(second.url, '2026-12-05T00:00:00Z');
  expect(await cycles(second.url)).toBe(150);
  const paid = await stripe.balanceTransactions.list({ type: 'charge', limit: 1 });
  expect(paid.data[0]?.status).toBe('available');
  expect((await stripe.balance.retrieve()).available[0]?.amount).toBe(300 * 941);
});

test('killed while money is on its way to storage, it arrives once, after the delay it had', async () => {
  const first = await start();
  const stripe = stripeFor(first.port);
  const control = async (path: string, body: object) => {
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(`${first.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
    return z.object({ id: z.string().optional() }).parse(await response.json());
  };
  const { id: storage } = await control('/_sandbox/financial_accounts', { type: 'storage' });
  await control('/_sandbox/topups', { amount: 1000 });
  await control('/_sandbox/settings', { payoutDelaySeconds: 600 });
  const order = { amount: 700, currency: 'usd', payout_method: String(storage) };
  const payout = await stripe.payouts.create(order, { idempotencyKey: 'move-1' });
  await killed(first.child, 'SIGKILL');

  const second = await start(first.port);
  expect((await stripe.payouts.create(order, { idempotencyKey: 'move-1' })).id).toBe(payout.id);
  await steer(second.url, '2026-11-01T00:09:59Z');
  expect((await stripe.payouts.retrieve(payout.id)).status).toBe('in_transit');
  await steer(second.url, '2026-11-01T00:10:00Z');
  const { balance } = await stripe.v2.moneyManagement.financialAccounts.retrieve(String(storage));
  expect(balance.available.usd?.value).toBe(700);
  expect((await stripe.payouts.list()).data).toHaveLength(1);
  // The settings outlive the process, too.
  expect((await stripe.payouts.create({ ...order, amount: 1 })).arrival_date).toBe(
    Date.parse('2026-11-01T00:20:00Z') / 1000,
  );
});

test('told no instant, its clock runs from the present', async () => {
  const before = Date.now();
  const { url } = await start(0, {});
  const reading = z.object({ now: z.iso.datetime(), running: z.boolean() });
  const { now, running } = reading.parse(await (await fetch(`${url}/clock`)).json());
  expect(running).toBe(true);
  expect(Date.parse(now)).toBeGreaterThanOrEqual(before);
  expect(Date.parse(now)).toBeLessThanOrEqual(Date.now());
});

test('it is for development: NODE_ENV=production refuses it', async () => {
  const child = spawn(process.execPath, [mainFile], {
    env: { ...process.env, NODE_ENV: 'production', PORT: '0', SANDBOX_DATABASE: join(directory, 'sandbox.db') },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  children.push(child);
  const [code] = await once(child, 'exit');
  expect(code).toBe(1);
});

test('it ends when asked to, and when its parent is gone', async () => {
  const asked = await start();
  await killed(asked.child, 'SIGTERM');
  expect(asked.child.exitCode).toBe(0);
  const orphaned = await start();
  const exit = once(orphaned.child, 'exit');
  orphaned.child.stdin?.destroy();
  await exit;
  expect(orphaned.child.exitCode).toBe(0);
});

test('every follower of the clock has the time before the move is answered; one that is gone is dropped', async () => {
  const { url } = await start();
  const told: unknown[] = [];
  const follower = createServer((request, response) => {
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      told.push({ method: request.method, url: request.url, body: JSON.parse(body) });
      response.end('{}');
    });
  });
  await new Promise<void>((resolve) => follower.listen(0, '127.0.0.1', resolve));
  const { port } = z.object({ port: z.number() }).parse(follower.address());
  const register = async (followerUrl: string) => {
    const body = JSON.stringify({ url: followerUrl });
    const headers = { 'content-type': 'application/json' };
    return await (await fetch(`${url}/clock/register`, { method: 'POST', headers, body })).json();
  };
  try {
    for (const each of [`http://127.0.0.1:${port}`, `http://127.0.0.1:${port}`, 'http://127.0.0.1:1']) {
      expect(await register(each)).toEqual({ now: '2026-11-01T00:00:00.000Z', running: false });
    }
    const answer = await (await steer(url, '2026-11-02T03:04:05.678Z')).json();
    expect(answer).toEqual({ now: '2026-11-02T03:04:05.678Z', running: false, dropped: ['http://127.0.0.1:1'] });
    const body = { now: '2026-11-02T03:04:05.678Z', running: false };
    expect(told).toEqual([{ method: 'PUT', url: '/clock', body }]);
    expect(await (await steer(url, '2026-11-03T00:00:00Z')).json()).toMatchObject({ dropped: [] });
  } finally {
    follower.closeAllConnections();
    follower.close();
  }
});

test('a running clock goes on by itself, and takes what falls due', async () => {
  const { url, port } = await start();
  const stripe = stripeFor(port);
  await stripe.products.create({ id: 'wewrite', name: 'WeWrite' });
  const customer = await customerWith(stripe, 'pm_card_visa');
  const subscription = await stripe.subscriptions.create(monthly(customer.id, 1000));
  await fetch(`${url}/clock`, {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ now: '2026-11-30T23:59:59.500Z', running: true }),
  });
  const count = async () => (await stripe.invoices.list({ subscription: subscription.id })).data.length;
  await until(async () => (await count()) === 2, 'the renewal has happened');
  const clock = z.object({ now: z.string(), running: z.boolean() });
  const { now, running } = clock.parse(await (await fetch(`${url}/clock`)).json());
  expect(running).toBe(true);
  expect(Date.parse(now)).toBeGreaterThan(Date.parse('2026-12-01T00:00:00Z'));
});
