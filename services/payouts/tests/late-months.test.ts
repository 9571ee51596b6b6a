import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { type MessageOf, MonthPayoutsSchema, monthStalled, WriterPayoutPageSchema } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const november = '2026-11';
const december = '2026-12';

let stack: PayoutHarness;
let stalled: MessageOf<typeof monthStalled>[];

beforeEach(async () => {
  stack = await startPayouts('connect');
  stalled = await stack.hear(monthStalled);
});
afterEach(() => stack.stop());

/** What a month waits for; null while payouts has not heard of it. */
async function waitingFor(month: string) {
  const { status, body } = await stack.post(`/v1/months/${month}/payouts`, {});
  return status === 200 ? MonthPayoutsSchema.parse(body).waitingFor : null;
}

/** What became of each writer in a month: status, or why not, and the cents paid and carried over. */
async function judged(month: string) {
  const { writers } = await stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);
  return Object.fromEntries(
    writers.map(({ userId, payoutStatus, payoutReason, payoutGrossCents, carriedOverCents }) => [
      userId,
      [payoutReason ?? payoutStatus, payoutGrossCents, carriedOverCents],
    ]),
  );
}

/** Holds a payout once it is requested; between two attempts there is a moment in which a request is on its way. */
async function holdPayoutOf(writer: string, month: string): Promise<string> {
  const { kysely } = stack.database<Schema>('payouts');
  const idOf = async () => {
    const { rows } = await sql<{ id: string }>`
      select id from payout where month = ${month} and user_id = ${writer}`.execute(kysely);
    return rows[0]?.id;
  };
  await until(async () => (await stack.post(`/v1/payouts/${await idOf()}/hold`, { reason: 'odd' })).status === 200);
  return String(await idOf());
}

describe('a month that is judged when later ones are credited', () => {
  test('A8, D1: it waited for its funds, and pays what it would have paid before', async () => {
    await stack.topUp(1_000_000);
    for (const writer of ['both', 'carried', 'later']) await stack.onboard(writer, 'ready');
    await stack.earn(november, { both: 10_000, carried: 1_000 });
    await stack.settled();
    await stack.earn(december, { both: 3_000, carried: 2_000, later: 4_000 });
    await stack.settled();
    await stack.fund(november);
    await stack.settled();
    expect(await judged(november)).toEqual({ both: ['paid', 10_000, 0], carried: ['below_minimum', 0, 1_000] });
    await stack.fund(december);
    await stack.settled();
    expect(await judged(december)).toEqual({
      both: ['paid', 3_000, 0],
      carried: ['paid', 3_000, 0],
      later: ['paid', 4_000, 0],
    });
  });

  test('A8, D8: a debt that the later month has repaid is owed as it was', async () => {
    await stack.topUp(1_000_000);
    await stack.onboard('debtor', 'ready');
    await stack.earn(november, { debtor: 500 });
    await stack.settled();
    await stack.reverseEarnings('refund', { kind: 'refund', month: november, netByWriter: { debtor: 2_000 } });
    expect(await stack.balancesOf('debtor')).toMatchObject({ payableCents: 0, receivableCents: 1_500 });
    await stack.earn(december, { debtor: 5_000 });
    await stack.settled();
    expect(await stack.balancesOf('debtor')).toMatchObject({ payableCents: 3_500, receivableCents: 0 });
    await stack.fund(november);
    await stack.settled();
    expect(await judged(november)).toEqual({ debtor: ['negative_balance', 0, 0] });
    await stack.fund(december);
    await stack.settled();
    expect(await judged(december)).toEqual({ debtor: ['paid', 3_500, 0] });
  });

  test('A8, C6, E5: what is held of the later month, or taken back of it, is not missing in the earlier one', async () => {
    await stack.topUp(1_000_000);
    for (const writer of ['held', 'refunded', 'reversed']) await stack.onboard(writer, 'ready');
    const each = (cents: number) => ({ held: cents, refunded: cents, reversed: cents });
    await stack.earn(november, each(3_000));
    await stack.earn(december, each(4_000));
    await stack.settled();
    const ofHalf = { month: december, netCents: 2_000, state: 'held', version: 1 } as const;
    await stack.holdEarnings('question', { writer: 'held', ...ofHalf });
    await stack.holdEarnings('doubt', { writer: 'reversed', ...ofHalf });
    const back = { month: december, kind: 'operator', settles: 'doubt' } as const;
    await stack.reverseEarnings('taken', { ...back, netByWriter: { reversed: 2_000 } });
    await stack.holdEarnings('doubt', { writer: 'reversed', ...ofHalf, state: 'reversed', version: 2 });
    await stack.reverseEarnings('refund', { kind: 'refund', month: december, netByWriter: { refunded: 4_000 } });
    await stack.fund(november);
    await stack.settled();
    expect(await judged(november)).toEqual({
      held: ['paid', 3_000, 0],
      refunded: ['paid', 3_000, 0],
      reversed: ['paid', 3_000, 0],
    });
  });
});

describe('months that are paid soon one after the other', () => {
  test('A8: the later one waits for the judgement of the earlier one, whichever is funded first, and says so', async () => {
    await stack.setClock('2027-01-01T09:00:00.000Z');
    await stack.topUp(1_000_000);
    await stack.onboard('writer', 'ready');
    await stack.earn(december, { writer: 4_000 });
    await stack.earn(november, { writer: 3_000 });
    await stack.fund(december);
    await stack.settled();
    expect(await waitingFor(december)).toEqual(['earlier_month']);
    expect(await stack.transfers()).toEqual([]);
    await stack.fund(november);
    await stack.settled();
    expect(await judged(november)).toEqual({ writer: ['paid', 3_000, 0] });
    expect(await judged(december)).toEqual({ writer: ['paid', 4_000, 0] });
  });

  test('A8, D2: the later one waits for transfers of the earlier one that go on, and for none that a person has stopped', async () => {
    await stack.setClock('2027-01-01T09:00:00.000Z');
    for (const writer of ['stopped', 'unpaid']) await stack.onboard(writer, 'ready');
    await stack.earn(november, { stopped: 3_000, unpaid: 4_000 });
    await stack.fund(november);
    const id = await holdPayoutOf('stopped', november);
    await stack.earn(december, { stopped: 5_000, unpaid: 6_000 });
    await stack.fund(december);
    // Stripe has no money for the other transfer yet, which is tried again by itself.
    await until(async () => (await waitingFor(december))?.join() === 'earlier_month');
    expect(stalled).toEqual([]);
    await stack.topUp(1_000_000);
    await stack.settled();
    expect(stalled.map(({ month, because }) => [month, because])).toEqual([[november, 'operator']]);
    expect(await judged(december)).toEqual({
      stopped: ['already_in_flight', 0, 5_000],
      unpaid: ['paid', 6_000, 0],
    });
    expect(await stack.post(`/v1/payouts/${id}/release`, { reason: 'seen' })).toMatchObject({ status: 200 });
    await stack.settled();
    expect(await judged(november)).toEqual({ stopped: ['paid', 3_000, 0], unpaid: ['paid', 4_000, 0] });
  });

  test('A8: that the rest of a month waits for a person is said when the last that goes on is stopped, too', async () => {
    await stack.onboard('only', 'ready');
    await stack.earn(november, { only: 3_000 });
    await stack.fund(november);
    await holdPayoutOf('only', november);
    await stack.settled();
    expect(stalled).toMatchObject([{ month: november, because: 'operator' }]);
  });
});
