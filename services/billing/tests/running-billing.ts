import { setTimeout as delay } from 'node:timers/promises';
import {
  booksChecked,
  escrowFunded,
  fundingChanged,
  type MessageOf,
  type Month,
  month,
  monthProgress,
  nextMonth,
  paymentReversed,
  stripeReceived,
  type Topic,
} from '@wewrite/contracts';
import { balances } from '@wewrite/ledger';
import { freePort } from '@wewrite/local-stack';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { startSandbox } from '@wewrite/local-stack/sandbox';
import { realTime, runnable } from '@wewrite/service-kit';
import Stripe from 'stripe';
import { z } from 'zod';
import { billing } from '../src/app.ts';
import type { BillingSchema } from '../src/db.ts';

export const november: Month = month('2026-11');
export const december: Month = nextMonth(november);

/** An answer of the API. */
export interface Answer {
  readonly status: number;
  readonly body: Record<string, unknown>;
}

export type Budget = Extract<MessageOf<typeof fundingChanged>, { part: 'budget' }>;
export type FundingClosing = Extract<MessageOf<typeof fundingChanged>, { part: 'closing' }>;

/** Billing with the Stripe sandbox: webhooks arrive over HTTP, the sandbox's clock steers both. */
export interface RunningBilling {
  readonly harness: Harness;
  /** The SDK at the sandbox, as somebody at Stripe's dashboard. */
  readonly stripe: Stripe;
  readonly secrets: { readonly platform: string; readonly connect: string; readonly thin: string };
  readonly said: {
    readonly funding: MessageOf<typeof fundingChanged>[];
    readonly progress: MessageOf<typeof monthProgress>[];
    readonly books: MessageOf<typeof booksChecked>[];
    readonly escrow: MessageOf<typeof escrowFunded>[];
    readonly received: MessageOf<typeof stripeReceived>[];
    readonly reversals: MessageOf<typeof paymentReversed>[];
  };
  call(caller: string, method: string, path: string, body?: unknown): Promise<Answer>;
  /** Delivers a webhook by hand. */
  deliver(path: string, payload: string, signature: string): Promise<Answer>;
  /** A call beside Stripe's API: faults, top-ups, what was asked. */
  control(method: string, path: string, body?: unknown): Promise<unknown>;
  /** The financial account that escrow is kept in with `storage`. */
  readonly storage: string;
  /** Lets technical time jump, as after a pause. */
  skip(durationMs: number): void;
  /** Technical time is the real one again; events that were put off until after it has jumped are due now. */
  rewind(): Promise<void>;
  subscribe(userId: string, monthlyCents: number, card?: string): Promise<void>;
  /** Changes a supporter's card at Stripe. */
  changeCard(userId: string, card: string): Promise<void>;
  /** Sets the clock and waits until what is due is done, here and at Stripe. */
  at(instant: string): Promise<void>;
  settled(): Promise<void>;
  /** The newest budget that was said of a user's month. */
  budget(userId: string, month: Month): Pick<Budget, 'paidCents' | 'openCents' | 'funding'> | undefined;
  closing(month: Month): FundingClosing | undefined;
  /** What accounts stand at; 0 where there is none. */
  standing<Id extends string>(...ids: Id[]): Promise<Record<Id, number>>;
  stop(): Promise<void>;
}

/** Twice the same quiet picture, here and at Stripe: nothing is under way. */
const QuietSchema = z.object({ pending: z.int(), activity: z.int() });
const settledDeadlineMs = 30_000;
const JsonSchema = z.record(z.string(), z.unknown());
/** The second is the one that the sandbox signs with; the first is about to be rotated out. */
const retiredSecret = 'whsec_retired';

/** Starts billing and a sandbox of its own at an instant. */
export async function startBilling(
  now: string,
  escrow: 'storage' | 'connect' = 'storage',
  more: Readonly<Record<string, string>> = {},
): Promise<RunningBilling> {
  const sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now });
  const stripe = stripeAt(sandbox.port);
  const control = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${sandbox.url}${path}`, jsonRequest(method, body));
    return response.json();
  };
  const storage = z
    .object({ id: z.string() })
    .parse(await control('POST', '/_sandbox/financial_accounts', { type: 'storage' })).id;
  await stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: 'manual' } } } });
  let skippedMs = 0;
  const port = await freePort();
  const secrets = await listenAt(stripe, `http://127.0.0.1:${port}`);
  const harness = await startHarness({
    services: [runnable(billing)],
    now,
    environment: {
      PORT: String(port),
      CLOCK_URL: sandbox.url,
      STRIPE_SECRET_KEY: 'sk_test_sandbox',
      STRIPE_API_URL: sandbox.url,
      STRIPE_TIMEOUT_MS: '500',
      ESCROW: escrow,
      STRIPE_FINANCIAL_ACCOUNT_ID: storage,
      STRIPE_WEBHOOK_SECRET: `${retiredSecret},${secrets.platform}`,
      STRIPE_CONNECT_WEBHOOK_SECRET: secrets.connect,
      STRIPE_V2_WEBHOOK_SECRET: secrets.thin,
      ...more,
    },
    time: { ...realTime, now: () => new Date(realTime.now().getTime() + skippedMs) },
  }).catch(async (error: unknown) => {
    // What goes on listening would keep the test's process from ending.
    await sandbox.stop();
    throw error;
  });
  const said = {
    funding: await collect(harness, fundingChanged),
    progress: await collect(harness, monthProgress),
    books: await collect(harness, booksChecked),
    escrow: await collect(harness, escrowFunded),
    received: await collect(harness, stripeReceived),
    reversals: await collect(harness, paymentReversed),
  };
  const { kysely } = harness.database<BillingSchema>('billing');
  const settled = async () => {
    const deadline = Date.now() + settledDeadlineMs;
    for (let before = ''; ; ) {
      if (Date.now() > deadline) throw new Error(`never settled: ${before}`);
      await harness.settled();
      const { pending, activity } = QuietSchema.parse(await control('GET', '/idle'));
      const now = `${pending}:${activity}:${await idleOf(harness)}`;
      if (pending === 0 && now === before) return;
      before = now;
    }
  };
  const call = async (caller: string, method: string, path: string, body?: unknown) => {
    const roles = caller === 'admin' ? ['admin'] : ['supporter'];
    const authorization = `Bearer ${await harness.token({ sub: caller, roles })}`;
    return answerOf(await fetch(`${harness.url('billing')}${path}`, jsonRequest(method, body, { authorization })));
  };
  const running: RunningBilling = {
    harness,
    stripe,
    secrets,
    said,
    call,
    control,
    storage,
    skip: (durationMs) => {
      skippedMs += durationMs;
    },
    rewind: async () => {
      skippedMs = 0;
      const now = realTime.now();
      await kysely
        .updateTable('stripe_event')
        .set({ due_at: now })
        .where('state', '=', 'waiting')
        .where('due_at', '>', now)
        .execute();
    },
    settled,
    deliver: async (path, payload, signature) =>
      answerOf(
        await fetch(`${harness.url('billing')}${path}`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'stripe-signature': signature },
          body: payload,
        }),
      ),
    subscribe: async (userId, monthlyCents, card = 'pm_card_visa') => {
      const answer = await call(userId, 'POST', '/v1/subscription', { monthlyCents, paymentMethodId: card });
      if (answer.status !== 201) throw new Error(`subscription of ${userId}: ${JSON.stringify(answer)}`);
      await settled();
    },
    changeCard: async (userId, card) => {
      const row = await kysely
        .selectFrom('customer')
        .selectAll()
        .where('user_id', '=', userId)
        .executeTakeFirstOrThrow();
      const customer = row.stripe_id ?? '';
      const attached = await stripe.paymentMethods.attach(card, { customer });
      await stripe.customers.update(customer, { invoice_settings: { default_payment_method: attached.id } });
    },
    at: async (instant) => {
      await control('PUT', '/clock', { now: instant });
      await settled();
    },
    budget: (userId, of) => {
      const budgets = said.funding.filter(
        (message): message is Budget => message.part === 'budget' && message.userId === userId && message.month === of,
      );
      const newest = budgets.sort((a, b) => b.version - a.version)[0];
      if (newest === undefined) return undefined;
      const { paidCents, openCents, funding } = newest;
      return { paidCents, openCents, funding };
    },
    closing: (of) =>
      said.funding.find((message): message is FundingClosing => message.part === 'closing' && message.month === of),
    standing: async <Id extends string>(...ids: Id[]) => {
      const standing = await balances(kysely, { ids });
      return Object.fromEntries(ids.map((id) => [id, standing.get(id) ?? 0])) as Record<Id, number>;
    },
    stop: async () => {
      await harness.stop();
      await sandbox.stop();
    },
  };
  return running;
}

/** Polls until a condition holds. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + settledDeadlineMs;
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error('waited in vain');
    await delay(20);
  }
}

function stripeAt(port: number): Stripe {
  return new Stripe('sk_test_sandbox', { host: '127.0.0.1', port, protocol: 'http', telemetry: false });
}

/** Has webhooks sent to the three doors; gives their secrets. */
async function listenAt(stripe: Stripe, url: string) {
  const platform = await stripe.webhookEndpoints.create({ url: `${url}/webhooks/stripe`, enabled_events: ['*'] });
  const connect = await stripe.webhookEndpoints.create({
    url: `${url}/webhooks/stripe/connect`,
    enabled_events: ['*'],
    connect: true,
  });
  const thin = await stripe.v2.core.eventDestinations.create({
    name: 'billing',
    type: 'webhook_endpoint',
    event_payload: 'thin',
    enabled_events: ['*'],
    events_from: ['self', 'other_accounts'],
    webhook_endpoint: { url: `${url}/webhooks/stripe/v2` },
    include: ['webhook_endpoint.signing_secret'],
  });
  return {
    platform: platform.secret ?? '',
    connect: connect.secret ?? '',
    thin: thin.webhook_endpoint?.signing_secret ?? '',
  };
}

function jsonRequest(method: string, body: unknown, headers: Record<string, string> = {}): RequestInit {
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, 'content-type': 'application/json' }, body: JSON.stringify(body) };
}

async function answerOf(response: Response): Promise<Answer> {
  return { status: response.status, body: JsonSchema.parse(await response.json()) };
}

async function idleOf(harness: Harness): Promise<string> {
  const { kysely } = harness.database<BillingSchema>('billing');
  const row = await kysely
    .selectFrom('stripe_event')
    .select(({ fn }) => fn.countAll().as('count'))
    .executeTakeFirstOrThrow();
  return String(row.count);
}

/** Fills up with what is said on a topic. */
async function collect<T extends Topic>(harness: Harness, topic: T): Promise<MessageOf<T>[]> {
  const messages: MessageOf<T>[] = [];
  await harness.broker.subscribe({
    groupId: `test.${topic.name}`,
    topics: [harness.topicName(topic)],
    maxRecords: 1_000,
    onCrash: () => undefined,
    onBatch: async (records) => {
      for (const record of records) {
        messages.push(topic.schema.parse(JSON.parse(record.value.toString())) as MessageOf<T>);
      }
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
  return messages;
}
