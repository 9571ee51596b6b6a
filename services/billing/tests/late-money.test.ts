import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { BillingSchema } from '../src/db.ts';
import {
  closeNovember,
  decide,
  differences,
  payForNovember,
  repeatEvents,
  sayAdjusted,
  sayReversed,
} from './reversal-story.ts';
import { december, eventually, november, type RunningBilling, startBilling } from './running-billing.ts';

const refundCalls = { method: 'POST', path: '/v1/refunds' };
const minuteMs = 60_000;

let billing: RunningBilling;
beforeEach(async () => {
  billing = await startBilling('2026-11-01T00:00:00.000Z');
});
afterEach(async () => {
  expect(differences(billing)).toEqual([]);
  await billing.stop();
});

/** ben's December invoice is open, and is paid by hand a second after December is over. */
async function payLate(card = 'pm_card_visa'): Promise<string> {
  await billing.control('POST', '/_sandbox/topups', { amount: 10_000 });
  await billing.subscribe('ben', 800);
  await billing.changeCard('ben', 'pm_card_chargeCustomerFail');
  await billing.at('2026-12-01T01:00:00.000Z');
  const { invoices } = (await billing.call('ben', 'GET', '/v1/invoices')).body as {
    invoices: { invoiceId: string; status: string }[];
  };
  const invoiceId = invoices.find(({ status }) => status === 'open')?.invoiceId ?? '';
  await billing.at('2027-01-01T00:00:01.000Z');
  await billing.changeCard('ben', card);
  await billing.stripe.invoices.pay(invoiceId);
  return invoiceId;
}

const refundsOf = async () => (await billing.stripe.refunds.list()).data;
const suspense = async () => (await billing.call('admin', 'GET', '/v1/suspense')).body;
const orders = async (query = '') => {
  const { body } = await billing.call('admin', 'GET', `/v1/refund-orders${query}`);
  return (body as { refundOrders: { refundOrderId: string; state: string; attempt: number }[] }).refundOrders;
};
/** How billing knows its orders of refunds, while nobody can ask it: time jumps, and tokens and webhooks do not. */
const states = async () => {
  const { kysely } = billing.harness.database<BillingSchema>('billing');
  return (await kysely.selectFrom('refund_order').select('state').execute()).map(({ state }) => state);
};
const retry = async (refundOrderId: string) => {
  const answer = await billing.call('admin', 'POST', `/v1/refund-orders/${refundOrderId}/retry`, {});
  await billing.settled();
  return answer;
};

/** Lets technical time jump, a minute at a time, until the refund is known to be made. */
async function waitForRefund(): Promise<void> {
  // Before, the webhook that leads to the order would come too late by a time that has jumped.
  await eventually(async () => (await states()).length > 0);
  await eventually(async () => {
    billing.skip(minuteMs);
    await delay(50);
    return (await states()).every((state) => state === 'made');
  });
  await billing.rewind();
  await billing.settled();
}

describe('money that comes too late', () => {
  test('E7: paid a second after the cutoff, it goes back in full, by itself, and funds nothing', async () => {
    const before = await billing.standing('stripe:payments');
    const invoiceId = await payLate();
    await billing.settled();
    expect(billing.budget('ben', december)).toMatchObject({ paidCents: 0 });
    const [refund] = await refundsOf();
    expect(refund).toMatchObject({ amount: 800, status: 'succeeded' });
    expect(await billing.standing('suspense', 'supporter_funds:ben:2026-12')).toEqual({
      suspense: 0,
      'supporter_funds:ben:2026-12': 0,
    });
    expect(before['stripe:payments']).toBe(0);
    expect(await suspense()).toEqual({
      currency: 'usd',
      suspenseCents: 0,
      entries: [
        expect.objectContaining({
          invoiceId,
          userId: 'ben',
          reason: 'paid_late',
          receivedCents: 800,
          returnedCents: 800,
          refunds: [expect.objectContaining({ state: 'made', stripeId: refund?.id, amountCents: 800 })],
        }),
      ],
      next: null,
    });
    await repeatEvents(billing, ['refund.created', 'invoice.paid']);
    expect(await refundsOf()).toHaveLength(1);
    expect(await billing.standing('suspense')).toEqual({ suspense: 0 });
  });

  test.each([['timeout_after_success'], ['500'], ['connection_reset']])(
    'E7: whatever answer is lost (%s), there is one refund',
    async (kind) => {
      await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind, times: 3 });
      await payLate();
      await waitForRefund();
      expect(await refundsOf()).toHaveLength(1);
      expect(await billing.standing('suspense')).toEqual({ suspense: 0 });
    },
  );

  test('D3: a look-up that fails is not one at which the refund is absent: there is one refund', async () => {
    await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind: 'timeout_after_success', times: 3 });
    await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind: '409', times: 1_000 });
    await payLate();
    await eventually(async () => (await refundsOf()).length === 1);
    const match = { method: 'GET', path: '/v1/refunds' };
    // As many as would be two looks and a third, if each of them said anything.
    await billing.control('POST', '/_sandbox/faults', { match, kind: '500', times: 12 });
    // The key is too old: only a look-up can tell.
    billing.skip(24 * 60 * minuteMs);
    await waitForRefund();
    expect(await refundsOf()).toHaveLength(1);
  });

  test.each([['401'], ['balance_insufficient']])(
    'D5: what is refused for a reason that passes (%s) is asked for again by itself',
    async (kind) => {
      await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind, times: 2 });
      await payLate();
      await billing.settled();
      expect(await refundsOf()).toHaveLength(1);
      expect(await orders()).toMatchObject([{ state: 'made', attempt: kind === '401' ? 1 : 3 }]);
      expect(await billing.standing('suspense')).toEqual({ suspense: 0 });
    },
  );

  test('E7: a refund that Stripe refuses waits for an operator, who has it asked for again once', async () => {
    await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind: '429', times: 1_000 });
    const invoiceId = await payLate();
    const [payment] = (await billing.stripe.invoicePayments.list({ invoice: invoiceId })).data;
    const intent = String(payment?.payment.payment_intent);
    const disputed = await billing.control('POST', '/_sandbox/disputes', { payment_intent: intent });
    await billing.control('DELETE', '/_sandbox/faults');
    await billing.settled();
    expect(await refundsOf()).toEqual([]);
    expect(await suspense()).toMatchObject({
      suspenseCents: 800,
      entries: [{ refunds: [{ state: 'refused', failure: 'charge_disputed' }] }],
    });
    const [order] = await orders('?state=refused');
    expect(order).toMatchObject({ userId: 'ben', reason: 'paid_late', amountCents: 800, leftCents: 800 });
    const id = order?.refundOrderId ?? '';
    expect(await retry(id)).toMatchObject({ status: 200, body: { state: 'waiting', attempt: 2 } });
    expect(await orders()).toMatchObject([{ state: 'refused', attempt: 2 }]);
    await decide(billing, (disputed as { id: string }).id, 'losing');
    expect(await retry(id)).toMatchObject({ status: 409, body: { code: 'already_refunded' } });
    expect(await billing.standing('suspense', 'stripe:disputed')).toEqual({ suspense: 0, 'stripe:disputed': 0 });
    expect(await retry('0190f0a0-0000-7000-8000-000000000000')).toMatchObject({ status: 404 });
  });
});

describe('a refund of ours that its bank gives back', () => {
  test('E7: waits for an operator, its money in suspense, and is made again to a card that takes it', async () => {
    await payLate('pm_card_refundFail');
    await billing.settled();
    expect(await suspense()).toMatchObject({
      suspenseCents: 800,
      entries: [{ returnedCents: 0, refunds: [{ state: 'refused', failure: 'expired_or_canceled_card' }] }],
    });
    const [order] = await orders();
    const id = order?.refundOrderId ?? '';
    await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind: 'timeout_after_success', times: 3 });
    expect(await retry(id)).toMatchObject({ status: 200, body: { attempt: 2, leftCents: 800 } });
    await repeatEvents(billing, ['refund.failed']);
    // Its bank gives that one back, too: two refunds, neither of which has reached ben.
    expect(await orders()).toMatchObject([{ state: 'refused', attempt: 2 }]);
    expect((await refundsOf()).map(({ metadata }) => metadata?.refund_order_attempt)).toEqual(['2', '1']);
    expect(await billing.standing('suspense')).toEqual({ suspense: 800 });
  });

  test('E7: asked for again, it is of what nobody has given back meanwhile', async () => {
    const invoiceId = await payLate();
    await billing.settled();
    const [made] = await refundsOf();
    await billing.control('POST', `/_sandbox/refunds/${made?.id}`, { outcome: 'failed' });
    await billing.settled();
    const [payment] = (await billing.stripe.invoicePayments.list({ invoice: invoiceId })).data;
    const payment_intent = String(payment?.payment.payment_intent);
    const elsewhere = await billing.stripe.refunds.create({
      payment_intent,
      amount: 300,
      metadata: { refund_order_id: 'the one of ben' },
    });
    await billing.settled();
    const [order] = await orders();
    expect(order).toMatchObject({ state: 'refused', amountCents: 800, leftCents: 500 });
    await retry(order?.refundOrderId ?? '');
    expect(await orders()).toMatchObject([{ state: 'made', amountCents: 500, leftCents: 0 }]);
    expect((await refundsOf()).map(({ amount }) => amount)).toEqual([500, 300, 800]);
    expect(elsewhere.status).toBe('succeeded');
    expect(await billing.standing('suspense')).toEqual({ suspense: 0 });
    expect(await retry(order?.refundOrderId ?? '')).toMatchObject({ status: 409, body: { code: 'not_refused' } });
  });

  test('E7: one that is canceled before there was money for it has moved nothing, and waits for an operator', async () => {
    await payLate();
    await billing.control('POST', '/_sandbox/faults', { match: refundCalls, kind: '429', times: 3 });
    const { available } = await billing.stripe.balance.retrieve();
    await billing.stripe.payouts.create({ amount: available[0]?.amount ?? 0, currency: 'usd' });
    await billing.settled();
    const [pending] = await refundsOf();
    expect(pending).toMatchObject({ status: 'pending' });
    await billing.control('POST', `/_sandbox/refunds/${pending?.id}`, { outcome: 'canceled' });
    await billing.settled();
    expect(await orders()).toMatchObject([{ state: 'refused', failure: 'canceled', leftCents: 800 }]);
  });
});

describe('what an operator takes back', () => {
  test('C6: it goes to the supporter by way of suspense, and is not spread again', async () => {
    await payForNovember(billing);
    await closeNovember(billing);
    const before = await billing.standing('creator_obligations', 'platform_revenue:fees', 'stripe:payments');
    const reversalId = '0190f0a0-0000-7000-8000-00000000c600';
    const sums = { userId: 'anna', grossCents: 600, feeCents: 42, unallocatedCents: 0 };
    await sayReversed(billing, { reversalId, kind: 'operator' }, sums);
    await sayAdjusted(billing, 'operator', reversalId, { fall: 500, rise: 58 });
    expect((await refundsOf()).map(({ amount }) => amount)).toEqual([600]);
    expect(
      await billing.standing(
        'creator_obligations',
        'creator_receivables',
        'platform_revenue:fees',
        'stripe:payments',
        'suspense',
      ),
    ).toEqual({
      creator_obligations: before.creator_obligations - 500,
      creator_receivables: 58,
      'platform_revenue:fees': before['platform_revenue:fees'] - 42,
      'stripe:payments': before['stripe:payments'] - 600,
      suspense: 0,
    });
    expect(billing.said.reversals).toEqual([]);
    expect(billing.budget('anna', november)).toMatchObject({ paidCents: 1_000 });
    expect(await suspense()).toMatchObject({
      entries: [{ userId: 'anna', reason: 'operator', receivedCents: 600, returnedCents: 600 }],
    });
  });
});
