import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { closingKey, earningsCalculated, monthLocked, monthReconciled } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { BillingSchema } from '../src/db.ts';
import { chunkOf, closing, earned, run, supporters } from './locked-month.ts';
import { closeNovember, payForNovember } from './reversal-story.ts';
import { eventually, november, type RunningBilling, startBilling } from './running-billing.ts';

const leaseMs = 3_000;

let billing: RunningBilling;
beforeEach(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z', 'storage', { REVENUE_RETAINED_CENTS: '57' });
});
afterEach(() => billing.stop());

/** As if another replica had just taken what is to be asked of Stripe. Gives when its lease ends. */
async function takenByAnother(table: 'refund_order' | 'escrow_move' | 'revenue_withdrawal'): Promise<number> {
  const { kysely } = billing.harness.database<BillingSchema>('billing');
  let leaseUntilMs = 0;
  await eventually(async () => {
    const now = new Date();
    leaseUntilMs = now.getTime() + leaseMs;
    const { rows } = await sql`
      update ${sql.table(table)} set lease_until = ${new Date(leaseUntilMs)}, due_at = ${now}
       where tries > 0 and lease_until is null returning 1`.execute(kysely);
    return rows.length === 1;
  });
  return leaseUntilMs;
}

const refuseCallsOf = (path: string) =>
  billing.control('POST', '/_sandbox/faults', { match: { method: 'POST', path }, kind: '409', times: 1_000 });
const mend = () => billing.control('DELETE', '/_sandbox/faults');
const payouts = async () => (await billing.stripe.payouts.list()).data;

test('E7, D3: a refund that a replica is at is another’s only when its lease is over', async () => {
  await billing.control('POST', '/_sandbox/topups', { amount: 10_000 });
  await billing.subscribe('ben', 800);
  await billing.changeCard('ben', 'pm_card_chargeCustomerFail');
  await billing.at('2026-12-01T01:00:00.000Z');
  const [open] = (await billing.stripe.invoices.list({ status: 'open' })).data;
  await billing.at('2027-01-01T00:00:01.000Z');
  await billing.changeCard('ben', 'pm_card_visa');
  await refuseCallsOf('/v1/refunds');
  await billing.stripe.invoices.pay(open?.id ?? '');
  const leaseUntilMs = await takenByAnother('refund_order');
  await mend();
  await eventually(async () => (await billing.stripe.refunds.list()).data.length > 0);
  expect(Date.now()).toBeGreaterThanOrEqual(leaseUntilMs);
});

test('Escrow: a move that a replica is at is another’s only when its lease is over', async () => {
  await payForNovember(billing);
  await billing.at('2026-12-01T00:30:00.000Z');
  await refuseCallsOf('/v1/payouts');
  for (const body of [...supporters.map((supporter, index) => chunkOf(index, [supporter])), closing]) {
    const key = body.part === 'chunk' ? `${run.runId}:${body.chunk}` : closingKey(run.runId);
    await billing.harness.say(monthLocked, { key, body, id: idOfCause('month.locked', key) });
  }
  for (const body of earned) {
    const key = body.part === 'writer' ? body.recipientUserId : closingKey(run.runId);
    await billing.harness.say(earningsCalculated, { key, body, id: idOfCause('earnings.calculated', key) });
  }
  const leaseUntilMs = await takenByAnother('escrow_move');
  await mend();
  await eventually(async () => (await payouts()).length > 0);
  expect(Date.now()).toBeGreaterThanOrEqual(leaseUntilMs);
});

test('B8: a withdrawal that a replica is at is another’s only when its lease is over', async () => {
  await payForNovember(billing);
  await closeNovember(billing);
  const before = (await payouts()).length;
  await refuseCallsOf('/v1/payouts');
  const body = { run, month: november, at: '2026-12-01T09:12:00.000Z' };
  await billing.harness.say(monthReconciled, { key: november, id: 'reconciled', body });
  const leaseUntilMs = await takenByAnother('revenue_withdrawal');
  await mend();
  await eventually(async () => (await payouts()).length > before);
  expect(Date.now()).toBeGreaterThanOrEqual(leaseUntilMs);
});
