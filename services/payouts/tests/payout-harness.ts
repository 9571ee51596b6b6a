import {
  earningsCalculated,
  earningsReversed,
  escrowFunded,
  holdChanged,
  type MessageOf,
  ObligationsSchema,
  stripeReceived,
  type Topic,
} from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { startSandbox } from '@wewrite/local-stack/sandbox';
import { idOfCause, realTime, runnable } from '@wewrite/service-kit';
import { sql } from 'kysely';
import Stripe from 'stripe';
import { z } from 'zod';
import { payouts } from '../src/app.ts';
import type { Schema } from '../src/db.ts';
import { messagesOf, type ReversalOrder, runOf, writerReversal } from './messages-of-earnings.ts';

/** The adapters, each with the call that pays a writer. */
export const adapters = [
  { escrow: 'connect', calls: { method: 'POST', path: '/v1/transfers' } },
  { escrow: 'storage', calls: { method: 'POST', path: '/v2/money_management/outbound_payments' } },
] as const;

export type Adapter = (typeof adapters)[number]['escrow'];

/** The call that pays a writer. */
export function callsOf(escrow: Adapter) {
  return adapters[escrow === 'connect' ? 0 : 1].calls;
}

const MetadataSchema = z.record(z.string(), z.string());
const TransferSchema = z
  .object({ id: z.string(), amount: z.int(), transfer_group: z.string(), metadata: MetadataSchema })
  .transform(({ id, amount, transfer_group: group, metadata }) => ({ id, amountCents: amount, group, metadata }));
const OutboundPaymentSchema = z
  .object({ id: z.string(), amount: z.object({ value: z.int() }), metadata: MetadataSchema })
  .transform(({ id, amount, metadata }) => ({
    id,
    amountCents: amount.value,
    group: metadata.transfer_group,
    metadata,
  }));
const StateSchema = z.object({
  transfer: z.array(TransferSchema).default([]),
  outbound_payment: z.array(OutboundPaymentSchema).default([]),
});

const RequestsSchema = z.object({ requests: z.array(z.object({ at: z.iso.datetime() })) });

type SandboxTransfer = z.infer<typeof StateSchema>['outbound_payment'][number];

/** The payouts service against Stripe's sandbox, with writers that have, or lack, accounts. */
export interface PayoutHarness extends Harness {
  /** Opens the writer's account by the API and ends the onboarding; tells payouts as billing would. */
  onboard(writer: string, outcome: 'ready' | 'restricted'): Promise<string>;
  /** Gives the writer an account that is ready, without asking the service to open it, which has a pace to keep. */
  knowAccount(writer: string): Promise<void>;
  /** Changes the account at Stripe, whose event has not come yet. */
  changeAtStripe(accountId: string, outcome: 'ready' | 'restricted'): Promise<void>;
  /** Says a month's earnings and its closing message, which counts `reversedParts`. */
  earn(month: string, netByWriter: Readonly<Record<string, number>>, reversedParts?: number): Promise<void>;
  fund(month: string): Promise<void>;
  /** Funds the month, and before it those that have earnings: billing funds them in order. */
  fundThrough(month: string): Promise<void>;
  get<Answer>(path: string, schema: z.ZodType<Answer>, who?: { sub: string; roles: string[] }): Promise<Answer>;
  text(path: string, who: { sub: string; roles: string[] }): Promise<string>;
  /** Asks as an admin, or as who is given; gives the answer's status and body. */
  post(path: string, body: object, who?: { sub: string; roles: string[] }): Promise<{ status: number; body: unknown }>;
  /** Says as earnings does what a reversal takes of writers' months; its id follows from its name. */
  reverseEarnings(name: string, reversal: ReversalOrder): Promise<void>;
  /** Says as earnings does that money of a writer's month is held, released or reversed. */
  holdEarnings(name: string, hold: HoldOrder): Promise<void>;
  /** What the writer's balances are. */
  balancesOf(writer: string): Promise<Balances>;
  /** What is said on a topic from now on. */
  hear<T extends Topic>(topic: T): Promise<MessageOf<T>[]>;
  /** Asks as an admin for a payout to be tried again; gives the answer's status. */
  retry(payoutId: string, body: object): Promise<number>;
  /** What Stripe was made to pay, by either adapter. */
  transfers(): Promise<SandboxTransfer[]>;
  fault(order: object): Promise<void>;
  endFaults(): Promise<void>;
  /** A call beside Stripe's API. */
  control(path: string, body: object): Promise<void>;
  /** Takes a transfer back at Stripe. */
  reverse(transferId: string): Promise<void>;
  /** Tells payouts of a Stripe event, as billing would. */
  tell(type: string, objectId: string): Promise<void>;
  /** When Stripe was asked to pay, request by request, in real milliseconds; refused ones, too. */
  requestedAtMs(): Promise<readonly number[]>;
  /** What Stripe was asked under a path, in order. */
  requestsOf(path: string): Promise<readonly { readonly at: string }[]>;
  /** Puts money where writers are paid from. */
  topUp(cents: number): Promise<void>;
  /** Lets technical time jump, as after a pause. */
  skip(durationMs: number): void;
}

export interface HoldOrder {
  readonly writer: string;
  readonly month: string;
  readonly state: 'held' | 'released' | 'reversed';
  readonly netCents: number;
  readonly version: number;
}

export interface Balances {
  readonly payableCents: number;
  readonly inFlightCents: number;
  readonly heldCents: number;
  readonly receivableCents: number;
}

const noBalances = { payableCents: 0, inFlightCents: 0, heldCents: 0, receivableCents: 0 };
const root = { sub: 'root', roles: ['admin'] };

export async function startPayouts(
  escrow: Adapter,
  environment: Readonly<Record<string, string>> = {},
): Promise<PayoutHarness> {
  const now = '2026-12-01T09:00:00.000Z';
  const sandbox = await startSandbox({ port: 0, databaseFile: ':memory:', now });
  const post = async (path: string, body: object) => {
    const answer = await fetch(`${sandbox.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${path}: ${await answer.text()}`);
    return answer.json();
  };
  const opened = await post('/_sandbox/financial_accounts', { type: 'storage' });
  const { id: storage } = z.object({ id: z.string() }).parse(opened);
  const stripe = new Stripe('sk_test_sandbox', { host: '127.0.0.1', port: sandbox.port, protocol: 'http' });
  let skippedMs = 0;
  const harness = await startHarness({
    services: [runnable(payouts)],
    now,
    environment: {
      STRIPE_SECRET_KEY: 'sk_test_sandbox',
      STRIPE_API_URL: sandbox.url,
      STRIPE_TIMEOUT_MS: '500',
      ESCROW: escrow,
      STRIPE_FINANCIAL_ACCOUNT_ID: storage,
      STRIPE_REQUESTS_PER_SECOND: '0',
      ...environment,
    },
    time: { ...realTime, now: () => new Date(realTime.now().getTime() + skippedMs) },
  });
  const request = async (path: string, who: { sub: string; roles: string[] }, method = 'GET', body?: object) =>
    fetch(`${harness.url('payouts')}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await harness.token(who)}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
  const requestsOf = async (path: string) => {
    const answer = await fetch(`${sandbox.url}/_sandbox/requests?path=${path}`);
    return RequestsSchema.parse(await answer.json()).requests;
  };
  let events = 0;
  const control = async (path: string, body: object) => void (await post(path, body));
  const tell = async (type: string, objectId: string) => {
    const eventId = `evt_${++events}`;
    const body = { eventId, type, objectId, accountId: null, created: '2026-11-01T00:00:00Z' };
    await harness.say(stripeReceived, { key: objectId, id: eventId, body });
    await harness.settled();
  };
  const earnedMonths = new Set<string>();
  const fund = async (month: string) => {
    const body = escrowFunded.schema.parse({
      ...{ run: runOf(month), month, currency: 'usd' },
      ...{ obligationsCents: 0, movedCents: 0, stripeId: null },
    });
    await harness.say(escrowFunded, { key: month, id: `funded-${month}`, body });
  };
  return {
    ...harness,
    onboard: async (writer, outcome) => {
      const opened = await request('/v1/payout-account', { sub: writer, roles: ['writer'] }, 'POST');
      const { accountId } = z.object({ accountId: z.string() }).parse(await opened.json());
      await post(`/_sandbox/onboarding/${accountId}`, { outcome });
      await tell('v2.core.account[requirements].updated', accountId);
      return accountId;
    },
    knowAccount: async (writer) => {
      const capabilities = { stripe_balance: { stripe_transfers: { requested: true } } };
      const { id } = await stripe.v2.core.accounts.create({ configuration: { recipient: { capabilities } } });
      await post(`/_sandbox/onboarding/${id}`, { outcome: 'ready' });
      const { kysely } = harness.database<Schema>('payouts');
      await sql`
        insert into payout_account (user_id, account_id, can_receive, changed_at)
        values (${writer}, ${id}, true, ${new Date(now)})`.execute(kysely);
    },
    changeAtStripe: (accountId, outcome) => control(`/_sandbox/onboarding/${accountId}`, { outcome }),
    earn: async (month, netByWriter, reversedParts) => {
      earnedMonths.add(month);
      const messages = messagesOf(month, netByWriter, reversedParts);
      for (const [index, body] of messages.entries()) {
        const key = body.part === 'writer' ? body.recipientUserId : 'closing';
        await harness.say(earningsCalculated, { key, id: `earnings-${month}-${index}`, body });
      }
    },
    fund,
    fundThrough: async (month) => {
      for (const each of [...earnedMonths].sort()) if (each < month) await fund(each);
      await fund(month);
    },
    get: async (path, schema, who = root) => schema.parse(await (await request(path, who)).json()),
    text: async (path, who) => (await request(path, who)).text(),
    transfers: async () => {
      const state = StateSchema.parse(await (await fetch(`${sandbox.url}/_sandbox/state`)).json());
      return [...state.transfer, ...state.outbound_payment];
    },
    requestedAtMs: async () => (await requestsOf(callsOf(escrow).path)).map(({ at }) => Date.parse(at)),
    requestsOf,
    fault: (order) => control('/_sandbox/faults', order),
    endFaults: async () => void (await fetch(`${sandbox.url}/_sandbox/faults`, { method: 'DELETE' })),
    control,
    post: async (path, body, who = root) => {
      const answer = await request(path, who, 'POST', body);
      return { status: answer.status, body: await answer.json() };
    },
    reverseEarnings: async (name, { netByWriter, ...reversal }) => {
      for (const [writer, netCents] of Object.entries(netByWriter)) {
        const body = writerReversal(name, { ...reversal, writer, netCents, at: now });
        await harness.say(earningsReversed, { key: writer, id: `${name}-${writer}`, body });
      }
      await harness.settled();
    },
    holdEarnings: async (name, { writer, ...hold }) => {
      const about = {
        holdId: idOfCause(name),
        recipientUserId: writer,
        currency: 'usd',
        reason: 'a question',
        at: now,
      };
      const body = holdChanged.schema.parse({ ...about, ...hold });
      await harness.say(holdChanged, { key: writer, id: `${name}-${hold.version}`, body });
      await harness.settled();
    },
    balancesOf: async (writer) => {
      const { writers } = ObligationsSchema.parse(await (await request('/v1/obligations', root)).json());
      const { userId: _, ...found } = writers.find(({ userId }) => userId === writer) ?? {
        userId: writer,
        ...noBalances,
      };
      return found;
    },
    hear: (topic) => hear(harness, topic),
    retry: async (payoutId, body) => (await request(`/v1/payouts/${payoutId}/retry`, root, 'POST', body)).status,
    reverse: async (transferId) => void (await stripe.transfers.createReversal(transferId)),
    tell,
    topUp: async (amount) => {
      await control('/_sandbox/topups', { amount });
      if (escrow === 'connect') return;
      const { id } = await stripe.payouts.create({ amount, currency: 'usd', payout_method: storage });
      // It arrives of itself in a moment.
      await control(`/_sandbox/payouts/${id}`, { outcome: 'paid' }).catch(() => undefined);
    },
    skip: (durationMs) => {
      skippedMs += durationMs;
    },
    stop: async () => {
      await harness.stop();
      await sandbox.stop();
    },
  };
}

async function hear<T extends Topic>(harness: Harness, topic: T): Promise<MessageOf<T>[]> {
  const heard: MessageOf<T>[] = [];
  await harness.broker.subscribe({
    groupId: `test.${topic.name}`,
    topics: [harness.topicName(topic)],
    maxRecords: 1_000,
    onCrash: () => undefined,
    onBatch: async (records) => {
      for (const record of records) {
        heard.push(topic.schema.parse(JSON.parse(record.value.toString())) as MessageOf<T>);
      }
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
  return heard;
}
