import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Month,
  MonthPayoutsSchema,
  month,
  nextMonth,
  PayoutDetailSchema,
  ProblemSchema,
  WriterPayoutPageSchema,
} from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { adapters, type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const nothing = { payableCents: 0, inFlightCents: 0, heldCents: 0, receivableCents: 0 };
/** Of 5,000 less the processing fee. */
const netCents = 4_825;
const because = { reason: 'looks odd' };

let stack: PayoutHarness;
let latest: Month;

/** A payout that is requested and not sent: Stripe has no money to pay it with, so that it waits for the next attempt. */
async function requested(writer: string): Promise<string> {
  await stack.onboard(writer, 'ready');
  latest = nextMonth(latest);
  await stack.earn(latest, { [writer]: 5_000 });
  await stack.fund(latest);
  await until(async () => (await payoutIdOf(writer)) !== null);
  return String(await payoutIdOf(writer));
}

async function payoutIdOf(writer: string): Promise<string | null> {
  const page = await stack.get(`/v1/months/${latest}/payouts`, WriterPayoutPageSchema).catch(() => null);
  return page?.writers.find(({ userId }) => userId === writer)?.payoutId ?? null;
}

const detailOf = (id: string) => stack.get(`/v1/payouts/${id}`, PayoutDetailSchema);
const codeOf = (answer: { body: unknown }) => ProblemSchema.parse(answer.body).code;
const order = (id: string, kind: string, body: object = because) => stack.post(`/v1/payouts/${id}/${kind}`, body);
const resume = async () => MonthPayoutsSchema.parse((await stack.post(`/v1/months/${latest}/payouts`, {})).body);
const madeFor = async (writer: string) =>
  (await stack.transfers()).filter(({ metadata }) => metadata.writer === writer);

/** Until it is held: between two attempts there is a moment in which a request is on its way. */
async function held(id: string): Promise<void> {
  await until(async () => (await order(id, 'hold')).status === 200);
}

describe('an operator and a payout that was not sent', () => {
  beforeAll(async () => {
    stack = await startPayouts('connect');
    latest = month('2026-11');
  });
  afterAll(() => stack.stop());

  test('a month says what it waits for', async () => {
    await stack.fund(latest);
    await stack.settled();
    expect(await resume()).toMatchObject({ state: 'waiting', waitingFor: ['earnings'], payoutsRequested: 0 });
    await stack.earn(latest, {});
    await stack.settled();
    expect(await resume()).toMatchObject({ state: 'settled', waitingFor: [] });
  });

  test('one that is held is not sent before it is released', async () => {
    const id = await requested('held');
    await held(id);
    await stack.topUp(netCents);
    expect(await resume()).toMatchObject({ state: 'sending', waitingFor: ['release'], payoutsRequested: 1 });
    await stack.settled();
    expect(await madeFor('held')).toEqual([]);
    expect(await stack.balancesOf('held')).toEqual({ ...nothing, inFlightCents: 5_000 });
    expect(await order(id, 'release')).toMatchObject({ status: 200, body: { transfer: 'send' } });
    await stack.settled();
    expect(await detailOf(id)).toMatchObject({ status: 'paid' });
    expect(await madeFor('held')).toHaveLength(1);
    expect(await resume()).toMatchObject({ state: 'settled', waitingFor: [], payoutsSettled: 1 });
  });

  test('one that was paid can be neither held nor released nor canceled', async () => {
    const id = String(await payoutIdOf('held'));
    expect(codeOf(await order(id, 'hold'))).toBe('payout_sent');
    expect(codeOf(await order(id, 'release'))).toBe('not_found');
    expect(codeOf(await order(id, 'cancel'))).toBe('payout_sent');
    expect(await order(id, 'hold', {})).toMatchObject({ status: 400 });
    const writer = { sub: 'held', roles: ['writer'] };
    expect(await stack.post(`/v1/payouts/${id}/cancel`, because, writer)).toMatchObject({ status: 403 });
  });

  test('C6: one that is canceled is held as far as its month was held meanwhile', async () => {
    const id = await requested('asked-about');
    await held(id);
    const hold = { writer: 'asked-about', month: latest, netCents: 3_000 };
    await stack.holdEarnings('question', { ...hold, state: 'held', version: 1 });
    expect(await order(id, 'cancel')).toMatchObject({ status: 200 });
    expect(await stack.balancesOf('asked-about')).toEqual({ ...nothing, payableCents: 2_000, heldCents: 3_000 });
  });

  test('D4: one that is canceled is payable again, with a reason and the next date', async () => {
    const id = await requested('canceled');
    await held(id);
    expect(await order(id, 'cancel')).toMatchObject({ status: 200, body: { next: 'canceled' } });
    expect(await stack.balancesOf('canceled')).toEqual({ ...nothing, payableCents: 5_000 });
    const { whatToDo, ...detail } = await detailOf(id);
    const nextDate = `${nextMonth(nextMonth(latest))}-01`;
    expect(detail).toMatchObject({ status: 'canceled', reason: 'canceled', nextDate });
    expect(whatToDo).toContain('stopped');
    expect(await resume()).toMatchObject({ state: 'settled' });
  });

  test('D3: of one that nobody can tell of an operator has to have seen that Stripe has not made it', async () => {
    const id = await requested('unclear');
    await held(id);
    const { kysely } = stack.database<Schema>('payouts');
    await sql`update transfer_job set state = 'operator' where payout_id = ${id}`.execute(kysely);
    expect(await resume()).toMatchObject({ state: 'sending', waitingFor: ['operator'] });
    expect(codeOf(await order(id, 'hold'))).toBe('payout_sent');
    expect(codeOf(await order(id, 'cancel'))).toBe('payout_sent');
    const seen = { ...because, nothingAtStripe: true };
    expect(await order(id, 'cancel', seen)).toMatchObject({ status: 200, body: { next: 'canceled' } });
    expect(await stack.balancesOf('unclear')).toEqual({ ...nothing, payableCents: 5_000 });
  });

  test('a month that is not closed has no payouts to go on with', async () => {
    expect(codeOf(await stack.post('/v1/months/2031-01/payouts', {}))).toBe('not_found');
  });
});

describe.each(adapters)('D5: no payout out of $escrow is forgotten', ({ escrow }) => {
  beforeAll(async () => {
    stack = await startPayouts(escrow);
    latest = month('2026-11');
    await stack.topUp(1_000_000);
  });
  afterAll(() => stack.stop());

  test('D5: one whose transfer is not queued any more is taken up again, and paid once', async () => {
    const { kysely } = stack.database<Schema>('payouts');
    const id = await requested('forgotten');
    await stack.settled();
    await sql`update payout set status = 'submitting', transfer_id = null where id = ${id}`.execute(kysely);
    await sql`delete from transfer_job where payout_id = ${id}`.execute(kysely);
    await resume();
    await until(async () => {
      stack.skip(60_000);
      await resume();
      return (await detailOf(id)).transferId !== null;
    });
    expect(await madeFor('forgotten')).toHaveLength(1);
  });
});

describe('D4: an operator cancels a payment that Stripe has not made yet', () => {
  beforeAll(async () => {
    stack = await startPayouts('storage');
    latest = month('2026-11');
    await stack.topUp(1_000_000);
    await stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 3_600 });
  });
  afterAll(() => stack.stop());

  const submitted = async (writer: string) => {
    const id = await requested(writer);
    await until(async () => (await detailOf(id)).status === 'submitted');
    return id;
  };

  test('D4: it is canceled there, and its money payable again', async () => {
    const id = await submitted('changed-mind');
    expect(await order(id, 'cancel')).toMatchObject({ status: 200, body: { next: 'canceling' } });
    await stack.settled();
    expect(await detailOf(id)).toMatchObject({ status: 'canceled' });
    expect(await stack.balancesOf('changed-mind')).toEqual({ ...nothing, payableCents: 5_000 });
  });

  test('D4: when it is too late it is paid', async () => {
    const id = await submitted('too-late');
    await stack.control(`/_sandbox/outbound_payments/${(await detailOf(id)).transferId}`, { outcome: 'posted' });
    expect(await order(id, 'cancel')).toMatchObject({ status: 200, body: { next: 'canceling' } });
    await stack.settled();
    expect(await detailOf(id)).toMatchObject({ status: 'paid' });
    expect(await stack.balancesOf('too-late')).toEqual(nothing);
  });
});

describe('the calls that a payout took', () => {
  beforeAll(async () => {
    stack = await startPayouts('connect');
    latest = month('2026-11');
  });
  afterAll(() => stack.stop());

  test('D5: what Stripe says of a failed one is for operators; its writer sees that it failed', async () => {
    const id = await requested('wim');
    await until(async () => (await detailOf(id)).attempts.length > 0);
    const [seen] = (await detailOf(id)).attempts;
    expect(seen).toMatchObject({ outcome: 'next_key', detail: expect.stringMatching(/insufficient/i) });
    const own = await stack.get(`/v1/payouts/${id}`, PayoutDetailSchema, { sub: 'wim', roles: ['writer'] });
    expect(own.attempts[0]).toMatchObject({ outcome: 'next_key', detail: null });
  });
});
