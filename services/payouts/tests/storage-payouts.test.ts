import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  balanceAdjusted,
  booksChecked,
  type MessageOf,
  ObligationsSchema,
  PayoutDetailSchema,
  payoutSettled,
  WriterPayoutPageSchema,
} from '@wewrite/contracts';
import { adapters, type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const [, { calls }] = adapters;
const dayMs = 24 * 60 * 60 * 1000;

let stack: PayoutHarness;
let months = 0;
let settled: MessageOf<typeof payoutSettled>[];
let books: MessageOf<typeof booksChecked>[];
let adjusted: MessageOf<typeof balanceAdjusted>[];
beforeAll(async () => {
  stack = await startPayouts('storage');
  await stack.topUp(1_000_000);
  settled = await stack.hear(payoutSettled);
  books = await stack.hear(booksChecked);
  adjusted = await stack.hear(balanceAdjusted);
});
afterAll(() => stack.stop());

/** Earns and funds the next month for a writer of its own; gives what reads the payout. */
async function nextPayout() {
  const month = `2027-${String(++months).padStart(2, '0')}`;
  const writer = `writer-${months}`;
  await stack.onboard(writer, 'ready');
  await stack.earn(month, { [writer]: 5_000 });
  await stack.fund(month);
  const view = async () => {
    const { writers } = await stack.get(`/v1/months/${month}/payouts`, WriterPayoutPageSchema);
    return writers.find(({ userId }) => userId === writer);
  };
  const detail = async () => stack.get(`/v1/payouts/${(await view())?.payoutId}`, PayoutDetailSchema);
  await until(async () => (await view().catch(() => undefined)) !== undefined);
  return { month, writer, view, detail, made: async () => madeFor(writer) };
}

async function madeFor(writer: string) {
  return (await stack.transfers()).filter(({ metadata }) => metadata.writer === writer);
}

const told = (status: string) => `v2.money_management.outbound_payment.${status}`;
const outcomesOf = (writer: string) =>
  settled.filter((each) => each.recipientUserId === writer).map(({ outcome }) => outcome);
const owedTo = async (writer: string) => {
  const { writers } = await stack.get('/v1/obligations', ObligationsSchema);
  const { payableCents = 0, inFlightCents = 0 } = writers.find(({ userId }) => userId === writer) ?? {};
  return { payableCents, inFlightCents };
};
const nothing = { payableCents: 0, inFlightCents: 0 };
const allPayable = { payableCents: 5_000, inFlightCents: 0 };
const noBalances = { payableCents: 0, inFlightCents: 0, heldCents: 0, receivableCents: 0 };

function expectBalancedBooks() {
  const last = books.toSorted((a, b) => b.version - a.version)[0];
  expect(last?.equations.filter(({ differenceCents }) => differenceCents !== 0)).toEqual([]);
  return last;
}

describe('D3: v2 executes failures again under their key', () => {
  test('a 5xx keeps the key', async () => {
    await stack.fault({ match: calls, kind: '500', times: 4 });
    const { detail, made, view } = await nextPayout();
    await until(async () => (await view())?.payoutStatus === 'paid');
    const { attempts } = await detail();
    expect(attempts.map(({ attempt }) => attempt)).toEqual(attempts.map(() => 1));
    expect(attempts.length).toBeGreaterThan(1);
    expect(await made()).toHaveLength(1);
  });

  test('a payment whose key is forgotten is found by recipient, and an empty list proves nothing', async () => {
    await stack.control('/_sandbox/settings', { listLagCalls: 3 });
    // Stripe makes it, and none of the answers arrives.
    await stack.fault({ match: calls, kind: 'timeout_after_success', times: 3 });
    const { detail, made } = await nextPayout();
    await until(async () => (await detail()).attempts.length > 0);
    stack.skip(30 * dayMs);
    await until(async () => {
      stack.skip(dayMs / 24);
      return (await detail()).attempts.some(({ outcome }) => outcome === 'operator');
    });
    expect(await detail()).toMatchObject({ status: 'submitting', transferId: null });
    expect(await made()).toHaveLength(1);

    // Once Stripe lists it, an operator's order finds it; there is none for a payout that does not wait.
    await stack.control('/_sandbox/settings', { listLagCalls: 0 });
    const { id } = await detail();
    for (let order = 0; (await detail()).status !== 'paid' && order < 5; order++) {
      await stack.retry(id, {});
      await stack.settled();
    }
    expect(await detail()).toMatchObject({ status: 'paid', transferId: expect.stringMatching(/^obp_/) });
    expect(await made()).toHaveLength(1);
    expect(await stack.retry(id, { nothingAtStripe: true })).toBe(404);
  });
});

describe('D4: a payout is paid when Stripe has posted it', () => {
  beforeAll(() => stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 3_600 }));
  afterAll(() => stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 0 }));

  test('until then it is submitted, and its event makes it paid', async () => {
    const { writer, view, detail } = await nextPayout();
    await until(async () => (await detail()).status === 'submitted');
    expect(await view()).toMatchObject({ payoutStatus: 'under_way', transferId: expect.stringMatching(/^obp_/) });
    expect(outcomesOf(writer)).toEqual([]);
    expect(await owedTo(writer)).toEqual({ payableCents: 0, inFlightCents: 5_000 });
    const id = String((await detail()).transferId);
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'posted' });
    await stack.tell(told('posted'), id);
    expect(await view()).toMatchObject({ payoutStatus: 'paid', transferId: id });
    expect(outcomesOf(writer)).toEqual(['paid']);
    expect(await owedTo(writer)).toEqual(nothing);
  });

  test('without an event it is found by looking', async () => {
    const { detail, view } = await nextPayout();
    await until(async () => (await detail()).status === 'submitted');
    await stack.control(`/_sandbox/outbound_payments/${(await detail()).transferId}`, { outcome: 'posted' });
    await until(async () => {
      stack.skip(dayMs);
      return (await view())?.payoutStatus === 'paid';
    });
  });

  test('D5: one that fails is payable again, with Stripe’s reason', async () => {
    const { writer, detail, view } = await nextPayout();
    await until(async () => (await detail()).status === 'submitted');
    const id = String((await detail()).transferId);
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'failed' });
    await stack.tell(told('failed'), id);
    expect(await view()).toMatchObject({ payoutStatus: 'failed', payoutReason: 'payout_method_declined' });
    expect(outcomesOf(writer)).toEqual(['failed']);
    expect(await owedTo(writer)).toEqual(allPayable);
  });

  test('C6, E5: one that fails is held as far as its month was held, or disputed, while it was under way', async () => {
    const { month, writer, detail } = await nextPayout();
    await until(async () => (await detail()).status === 'submitted');
    await stack.holdEarnings(`${writer}-hold`, { writer, month, netCents: 3_000, state: 'held', version: 1 });
    const dispute = { kind: 'dispute_opened', month, netByWriter: { [writer]: 1_500 } } as const;
    await stack.reverseEarnings(`${writer}-dispute`, dispute);
    expect(await stack.balancesOf(writer)).toEqual({ ...noBalances, inFlightCents: 5_000 });
    const id = String((await detail()).transferId);
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'failed' });
    await stack.tell(told('failed'), id);
    expect(await stack.balancesOf(writer)).toEqual({ ...noBalances, payableCents: 500, heldCents: 4_500 });
    expectBalancedBooks();
  });
});

describe('D4: paid may still become returned', () => {
  test('then all its entries are undone, the money is payable again, and billing is told', async () => {
    const { writer, view, detail } = await nextPayout();
    await until(async () => (await view())?.payoutStatus === 'paid');
    const id = String((await detail()).transferId);
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'returned' });
    await stack.tell(told('returned'), id);
    await stack.tell(told('returned'), id);
    expect(await detail()).toMatchObject({ status: 'returned', reason: 'payout_method_closed' });
    expect(outcomesOf(writer)).toEqual(['paid', 'returned']);
    expect(await owedTo(writer)).toEqual(allPayable);
    const last = expectBalancedBooks();
    const { totalCents } = await stack.get('/v1/obligations', ObligationsSchema);
    expect(last?.sums.creatorObligationsCents).toBe(totalCents);
  });

  test('D8: what comes back repays what the writer owes, and billing is told', async () => {
    const { month, writer, detail } = await nextPayout();
    await until(async () => (await detail()).status === 'paid');
    await stack.reverseEarnings(`${writer}-refund`, { kind: 'refund', month, netByWriter: { [writer]: 2_000 } });
    expect(await stack.balancesOf(writer)).toEqual({ ...noBalances, receivableCents: 2_000 });
    const id = String((await detail()).transferId);
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'returned' });
    await stack.tell(told('returned'), id);
    expect(await stack.balancesOf(writer)).toEqual({ ...noBalances, payableCents: 3_000 });
    const said = adjusted.filter(({ recipientUserId }) => recipientUserId === writer);
    expect(said.map((each) => [each.kind, each.obligationsFallCents, each.receivableRiseCents])).toEqual([
      ['refund', 0, 2_000],
      ['receivable_repaid', 2_000, -2_000],
    ]);
    expectBalancedBooks();
  });

  test('one that came back before anybody had seen it posted is paid first', async () => {
    await stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 3_600 });
    const { writer, detail } = await nextPayout();
    await until(async () => (await detail()).status === 'submitted');
    const id = String((await detail()).transferId);
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'posted' });
    await stack.control(`/_sandbox/outbound_payments/${id}`, { outcome: 'returned' });
    await stack.tell(told('returned'), id);
    await until(async () => (await detail()).status === 'returned');
    await stack.settled();
    expect(outcomesOf(writer)).toEqual(['paid', 'returned']);
    await stack.control('/_sandbox/settings', { outboundPaymentDelaySeconds: 0 });
  });
});
