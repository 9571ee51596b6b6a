import { afterEach, beforeEach, expect, test } from '@jest/globals';
import Stripe from 'stripe';
import type { FaultKind } from './engine/faults.ts';
import { type SandboxForTests, sandboxForTests } from './sandbox-for-tests.ts';

const startMs = Date.parse('2026-11-01T00:00:00.000Z');

let sandbox: SandboxForTests;
let stripe: Stripe;
let nowMs = startMs;
let posted: string[] = [];
let isReached = true;
let fault: FaultKind | undefined;

beforeEach(async () => {
  nowMs = startMs;
  posted = [];
  isReached = true;
  fault = undefined;
  sandbox = await sandboxForTests({
    simulated: {
      realMs: () => nowMs,
      drawFault: ({ authorization }) => (authorization === 'Bearer sk_test_sandbox' ? fault : undefined),
      postWebhook: async ({ body }) => {
        if (isReached) posted.push(body);
        return isReached;
      },
    },
  });
  stripe = sandbox.stripe;
  await stripe.webhookEndpoints.create({ url: 'http://nobody.invalid/', enabled_events: ['invoice.paid'] });
});
afterEach(() => sandbox.stop());

const supporterWith = async (card: string) => sandbox.subscribe((await sandbox.customerWith(card)).id, 1_000);

/** The only webhook that waits. */
function waitingOne() {
  const [delivery, another] = sandbox.running.webhooks.waiting();
  if (delivery === undefined || another !== undefined) throw new Error('one webhook was to wait');
  return delivery;
}

test('webhooks wait until they are delivered by hand, also a second time', async () => {
  await supporterWith('pm_card_visa');
  const { id } = waitingOne();
  expect(posted).toEqual([]);
  const taken = { type: 'invoice.paid', isTaken: true };
  expect(await sandbox.running.webhooks.deliver(id, { again: true })).toEqual(taken);
  expect(await sandbox.running.webhooks.deliver(id, { again: false })).toEqual(taken);
  expect(posted).toHaveLength(2);
  expect(posted[1]).toBe(posted[0]);
  expect(sandbox.running.webhooks.waiting()).toEqual([]);
});

test('a webhook that is not taken waits for its time, by the simulated clock', async () => {
  await supporterWith('pm_card_visa');
  isReached = false;
  const { id, notBeforeMs } = waitingOne();
  expect(notBeforeMs).toBe(startMs);
  expect(await sandbox.running.webhooks.deliver(id, { again: false })).toMatchObject({ isTaken: false });
  expect(waitingOne().notBeforeMs).toBeGreaterThan(nowMs);
});

test('a call can be drawn to succeed without an answer; its key then tells what it made', async () => {
  fault = 'reset_after_success';
  const create = () => stripe.customers.create({ name: 'Sue' }, { idempotencyKey: 'once' });
  await expect(create()).rejects.toThrow(Stripe.errors.StripeConnectionError);
  fault = undefined;
  const { id } = await create();
  expect(sandbox.running.held('customer')).toEqual([expect.objectContaining({ id, name: 'Sue' })]);
});

test('a key is forgotten by the simulated clock', async () => {
  const create = () => stripe.customers.create({}, { idempotencyKey: 'again' });
  const first = await create();
  expect((await create()).id).toBe(first.id);
  nowMs += 25 * 60 * 60 * 1_000;
  expect((await create()).id).not.toBe(first.id);
});

test('what the present instant makes due is done by hand', async () => {
  await supporterWith('pm_card_createDispute');
  const { dueWork } = sandbox.running;
  expect(dueWork.count()).toBeGreaterThan(0);
  expect(sandbox.running.held('dispute')).toEqual([]);
  await dueWork.take();
  expect(dueWork.count()).toBe(0);
  expect(sandbox.running.held('dispute')).toHaveLength(1);
});
