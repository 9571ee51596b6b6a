import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Stripe from 'stripe';
import { z } from 'zod';
import { type RunningSandbox, type SandboxOptions, startSandbox } from './start-sandbox.ts';

/** A sandbox with the real SDK in front of it and the levers of its control calls. */
export interface SandboxForTests {
  readonly running: RunningSandbox;
  readonly stripe: Stripe;
  readonly url: string;
  /** Moves the clock and waits until all is done that falls due. */
  steer(now: string, running?: boolean): Promise<Response>;
  /** A call beside Stripe's API; gives the answer's JSON. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** A customer with a test card as the default. */
  customerWith(card: string): Promise<Stripe.Customer>;
  /** A monthly subscription anchored to the 1st, of `amountCents`. */
  subscribe(
    customerId: string,
    amountCents: number,
    more?: Stripe.SubscriptionCreateParams,
  ): Promise<Stripe.Subscription>;
  stop(): Promise<void>;
}

/** Starts a sandbox on a file of its own, at the first instant of November 2026 unless told otherwise. */
export async function sandboxForTests(options: Partial<SandboxOptions> = {}): Promise<SandboxForTests> {
  const directory = mkdtempSync(join(tmpdir(), 'sandbox-'));
  const databaseFile = join(directory, 'sandbox.db');
  const sandbox = await startSandbox({ port: 0, databaseFile, now: '2026-11-01T00:00:00.000Z', ...options });
  const stripe = stripeFor(sandbox.port);
  await stripe.products.create({ id: 'wewrite', name: 'WeWrite' });
  return {
    running: sandbox,
    stripe,
    url: sandbox.url,
    steer: (now, running) => put(`${sandbox.url}/clock`, running === undefined ? { now } : { now, running }),
    control: async (method, path, body) => await control(sandbox, method, path, body),
    customerWith: (card) => customerWith(stripe, card),
    subscribe: (customerId, amountCents, more = {}) =>
      stripe.subscriptions.create({ ...monthly(customerId, amountCents), ...more }),
    stop: async () => {
      await sandbox.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** The SDK as the services use it, without its own retries. */
export function stripeFor(port: number, timeoutMs = 5_000): Stripe {
  return new Stripe('sk_test_sandbox', {
    host: '127.0.0.1',
    port,
    protocol: 'http',
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: timeoutMs,
  });
}

/** A subscription as billing makes it. */
export function monthly(customer: string, amountCents: number): Stripe.SubscriptionCreateParams {
  return {
    customer,
    items: [{ price_data: priceOf(amountCents), quantity: 1 }],
    billing_mode: { type: 'flexible' },
    billing_cycle_anchor_config: { day_of_month: 1, hour: 0, minute: 0, second: 0 },
    proration_behavior: 'create_prorations',
    payment_behavior: 'error_if_incomplete',
  };
}

export function priceOf(amountCents: number) {
  return { currency: 'usd', product: 'wewrite', unit_amount: amountCents, recurring: { interval: 'month' as const } };
}

export async function customerWith(stripe: Stripe, card: string): Promise<Stripe.Customer> {
  const customer = await stripe.customers.create({ email: 'reader@example.test' });
  const paymentMethod = await stripe.paymentMethods.attach(card, { customer: customer.id });
  return await stripe.customers.update(customer.id, {
    invoice_settings: { default_payment_method: paymentMethod.id },
  });
}

/** Unix seconds of an instant. */
export function seconds(instant: string): number {
  return Date.parse(instant) / 1000;
}

/** A server that takes webhooks. */
export interface WebhookReceiver {
  readonly url: string;
  /** What arrived: the raw body and the signature, in order of arrival. */
  readonly received: { readonly body: string; readonly signature: string }[];
  /** Answers the next requests with this status. */
  refuseNext(times: number, status: number): void;
  stop(): Promise<void>;
}

export async function webhookReceiver(): Promise<WebhookReceiver> {
  const received: { body: string; signature: string }[] = [];
  let refusals = { left: 0, status: 500 };
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const refused = refusals.left > 0;
      if (refused) refusals.left -= 1;
      else
        received.push({
          body: Buffer.concat(chunks).toString(),
          signature: String(request.headers['stripe-signature']),
        });
      response.writeHead(refused ? refusals.status : 200).end();
    });
  });
  const port = await listening(server);
  return {
    url: `http://127.0.0.1:${port}/webhooks`,
    received,
    refuseNext: (left, status) => {
      refusals = { left, status };
    },
    stop: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Polls until a condition holds; fails after ten seconds. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`waited in vain until ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Waits until nothing is pending in a sandbox. */
export async function drained(url: string): Promise<void> {
  const idle = z.object({ pending: z.number() });
  await until(async () => idle.parse(await (await fetch(`${url}/idle`)).json()).pending === 0, 'the sandbox is idle');
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return z.object({ port: z.number() }).parse(server.address()).port;
}

function put(url: string, body: unknown): Promise<Response> {
  return fetch(url, { method: 'PUT', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) });
}

async function control(sandbox: RunningSandbox, method: string, path: string, body: unknown): Promise<unknown> {
  const response = await fetch(`${sandbox.url}${path}`, {
    method,
    ...(body === undefined ? {} : { headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }),
  });
  return await response.json();
}
