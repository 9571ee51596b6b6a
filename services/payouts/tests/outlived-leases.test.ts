import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { PayoutDetailSchema } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { requestedAndHeld } from './held-transfers.ts';
import { callsOf, type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const writers = ['one', 'other'];
const leaseMs = 6_000;
const match = callsOf('storage');

let stack: PayoutHarness;
beforeEach(async () => {
  stack = await startPayouts('storage', { STRIPE_TIMEOUT_MS: '5000' });
});
afterEach(() => stack.stop());

test.each([
  { meanwhile: 'made', lostAnswers: 0 },
  { meanwhile: 'under way again', lostAnswers: 1 },
])('D3: a refusal that is recorded late ends no payout that is $meanwhile', async ({ lostAnswers }) => {
  const accounts = [];
  for (const writer of writers) accounts.push(await stack.onboard(writer, 'ready'));
  const ids = await requestedAndHeld(stack, '2026-11', writers);
  const details = () => Promise.all(ids.map((id) => stack.get(`/v1/payouts/${id}`, PayoutDetailSchema)));
  await stack.topUp(1_000_000);
  await stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 3_600 });
  for (const account of accounts) await stack.changeAtStripe(account, 'restricted');
  // Stripe refuses both, and one of the two answers does not arrive: the refusal that does waits to be recorded with it.
  const before = (await stack.requestedAtMs()).length;
  await stack.fault({ match, kind: 'timeout_after_success', times: 1 });
  const { kysely } = stack.database<Schema>('payouts');
  const now = new Date();
  await sql`update transfer_job set state = 'send', due_at = ${now} where state = 'held'`.execute(kysely);
  await until(async () => (await stack.requestedAtMs()).length >= before + writers.length);
  for (const account of accounts) await stack.changeAtStripe(account, 'ready');
  // Of the calls that follow, too: the refusal is recorded while what they have made is still unknown.
  if (lostAnswers > 0) await stack.fault({ match, kind: 'timeout_after_success', times: lostAnswers });
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
