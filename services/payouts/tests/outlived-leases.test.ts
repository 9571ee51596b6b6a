import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { PayoutDetailSchema, WriterPayoutPageSchema } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const month = '2026-11';
const writers = ['one', 'other'];
const leaseMs = 6_000;

let stack: PayoutHarness;
beforeAll(async () => {
  stack = await startPayouts('storage', { STRIPE_TIMEOUT_MS: '5000' });
});
afterAll(() => stack.stop());

/** The payouts of all writers, requested and kept from being sent. */
async function requestedAndHeld(): Promise<readonly string[]> {
  await stack.earn(month, Object.fromEntries(writers.map((writer) => [writer, 5_000])));
  await stack.fund(month);
  const { kysely } = stack.database<Schema>('payouts');
  await until(async () => {
    await sql`update transfer_job set state = 'held' where lease_until is null`.execute(kysely);
    const { rows } = await sql`select from transfer_job where state = 'held'`.execute(kysely);
    return rows.length === writers.length;
  });
  const { writers: found } = await stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);
  return found.map(({ payoutId }) => String(payoutId));
}

test('D3: a refusal that is recorded late ends no payout that was sent again meanwhile', async () => {
  const accounts = [];
  for (const writer of writers) accounts.push(await stack.onboard(writer, 'ready'));
  const ids = await requestedAndHeld();
  const details = () => Promise.all(ids.map((id) => stack.get(`/v1/payouts/${id}`, PayoutDetailSchema)));
  await stack.topUp(1_000_000);
  await stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 3_600 });
  for (const account of accounts) await stack.changeAtStripe(account, 'restricted');
  // Stripe refuses both, and one of the two answers does not arrive: the refusal that does waits to be recorded with it.
  const before = (await stack.requestedAtMs()).length;
  const match = { method: 'POST', path: '/v2/money_management/outbound_payments' };
  await stack.fault({ match, kind: 'timeout_after_success', times: 1 });
  const { kysely } = stack.database<Schema>('payouts');
  const now = new Date();
  await sql`update transfer_job set state = 'send', due_at = ${now} where state = 'held'`.execute(kysely);
  await until(async () => (await stack.requestedAtMs()).length >= before + writers.length);
  for (const account of accounts) await stack.changeAtStripe(account, 'ready');
  // A pause outlives the leases, and the other loop sends both again.
  await until(async () => {
    stack.skip(leaseMs);
    return (await stack.transfers()).length === writers.length;
  });
  await until(async () =>
    (await details()).some(({ attempts }) => attempts.some(({ outcome }) => outcome === 'failed')),
  );
  await stack.settled();
  expect((await details()).map(({ status }) => status)).toEqual(['submitted', 'submitted']);
  expect(await stack.transfers()).toHaveLength(writers.length);
  for (const writer of writers) expect(await stack.balancesOf(writer)).toMatchObject({ inFlightCents: 5_000 });
});
