import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { closingKey, earningsCalculated, monthLocked } from '@wewrite/contracts';
import { listTransfers } from '@wewrite/ledger';
import { idOfCause } from '@wewrite/service-kit';
import type { BillingSchema } from '../src/db.ts';
import { chunkOf, closing, earned, run, supporters } from './locked-month.ts';
import { type RunningBilling, startBilling } from './running-billing.ts';

const minuteMs = 60_000;
const calls = { method: 'POST', path: '/v1/payouts' };

let billing: RunningBilling;
beforeEach(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
});
afterEach(() => billing.stop());

/** Brings a month to where its escrow is to be funded with 1,395 ¢. */
async function earn(): Promise<void> {
  await billing.subscribe('anna', 1_000);
  await billing.subscribe('ben', 800);
  await billing.subscribe('cleo', 200);
  await billing.at('2026-12-01T00:30:00.000Z');
  const locked = [...supporters.map((supporter, index) => chunkOf(index, [supporter])), closing];
  for (const body of locked) {
    const key = body.part === 'chunk' ? `${run.runId}:${body.chunk}` : closingKey(run.runId);
    await billing.harness.say(monthLocked, { key, body, id: idOfCause('month.locked', key) });
  }
  for (const body of earned) {
    const key = body.part === 'writer' ? body.recipientUserId : closingKey(run.runId);
    await billing.harness.say(earningsCalculated, { key, body, id: idOfCause('earnings.calculated', key) });
  }
  await billing.settled();
}

async function escrow() {
  const { body } = await billing.call('admin', 'GET', '/v1/escrow');
  return body;
}

/** Stripe's payouts, newest first. */
async function payouts() {
  return (await billing.stripe.payouts.list()).data;
}

const standing = () => billing.standing('stripe:in_transit', 'stripe:storage');

describe('escrow in a storage balance', () => {
  test('it is funded only when the money has arrived, and says that it cannot go back', async () => {
    await billing.control('POST', '/_sandbox/settings', { payoutDelaySeconds: 3_600 });
    await earn();
    expect(await standing()).toEqual({ 'stripe:in_transit': 1_395, 'stripe:storage': 0 });
    expect(billing.said.escrow).toEqual([]);
    const [payout] = await payouts();
    expect(payout).toMatchObject({ amount: 1_395, payout_method: billing.storage, metadata: { run_id: run.runId } });
    expect(await escrow()).toMatchObject({
      adapter: 'storage',
      canRelease: false,
      moves: [{ state: 'pending', movedCents: 1_395, stripeId: payout?.id }],
    });
    await billing.at('2026-12-01T01:30:00.000Z');
    expect(await standing()).toEqual({ 'stripe:in_transit': 0, 'stripe:storage': 1_395 });
    expect(billing.said.escrow).toEqual([expect.objectContaining({ movedCents: 1_395, stripeId: payout?.id })]);
    expect(await escrow()).toMatchObject({ moves: [{ state: 'completed' }] });
  });

  test('a move that fails is undone by an entry that names it, and made again later', async () => {
    await billing.control('POST', '/_sandbox/settings', { payoutDelaySeconds: 3_600 });
    await earn();
    const [first] = await payouts();
    await billing.control('POST', `/_sandbox/payouts/${first?.id}`, { outcome: 'failed' });
    await billing.settled();
    expect(await standing()).toEqual({ 'stripe:in_transit': 0, 'stripe:storage': 0 });
    const { transfers } = await listTransfers(billing.harness.database<BillingSchema>('billing').kysely, {
      limit: 1_000,
      after: null,
    });
    expect(transfers.find(({ kind }) => kind === 'escrow_returned')).toMatchObject({
      corrects: `escrow_funding:${run.runId}:1`,
      stripeId: first?.id,
    });
    expect(await escrow()).toMatchObject({ moves: [{ state: 'failed', reason: 'account_closed' }] });
    expect(billing.said.escrow).toEqual([]);

    await billing.control('POST', '/_sandbox/settings', { payoutDelaySeconds: 0 });
    billing.skip(3 * minuteMs);
    await billing.settled();
    expect(await standing()).toEqual({ 'stripe:in_transit': 0, 'stripe:storage': 1_395 });
    expect(billing.said.escrow).toHaveLength(1);
    expect(await payouts()).toHaveLength(2);
  });

  test('a time-out after Stripe had made it: the same key finds the same payout', async () => {
    await billing.control('POST', '/_sandbox/faults', { match: calls, kind: 'timeout_after_success', times: 4 });
    await earn();
    expect(billing.said.escrow).toHaveLength(1);
    expect(await payouts()).toHaveLength(1);
  });

  test('a 5xx is looked up twice, ten minutes apart, before another key is used', async () => {
    await billing.control('POST', '/_sandbox/faults', { match: calls, kind: '500', times: 1 });
    await earn();
    expect(await payouts()).toEqual([]);
    expect(await escrow()).toMatchObject({ moves: [{ state: 'pending', reason: 'absent at a look-up' }] });
    // From now on webhooks are too old to be believed: billing has to look by itself.
    billing.skip(11 * minuteMs);
    await billing.harness.settled();
    expect(await escrow()).toMatchObject({ moves: [{ state: 'failed', reason: 'absent at two look-ups' }] });
    billing.skip(3 * minuteMs);
    await billing.harness.settled();
    expect(billing.said.escrow).toHaveLength(1);
    expect(await payouts()).toHaveLength(1);
  });
});

describe('the start', () => {
  test('is refused while the account is not open, or Stripe pays out by itself', async () => {
    await billing.control('POST', `/_sandbox/financial_accounts/${billing.storage}`, { status: 'closed' });
    await expect(billing.harness.startReplica('billing')).rejects.toThrow('an open storage account');
    await billing.control('POST', `/_sandbox/financial_accounts/${billing.storage}`, { status: 'open' });
    await billing.stripe.balanceSettings.update({ payments: { payouts: { schedule: { interval: 'daily' } } } });
    await expect(billing.harness.startReplica('billing')).rejects.toThrow('set the payout schedule to manual');
  });
});
