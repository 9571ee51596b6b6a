import { describe, expect, test } from '@jest/globals';
import { cents } from '@wewrite/contracts';
import type Stripe from 'stripe';
import { factsOfDispute, factsOfRefund, failedRefundOf } from './payment-fact.ts';

const sent = { id: 'txn_1', feeCents: cents(0), createdAt: new Date('2026-11-20T00:00:00.000Z') };
const orderId = '0190f0a0-0000-7000-8000-000000000001';

describe('the order that a refund names', () => {
  test.each([
    [orderId, orderId],
    ['ticket 17', null],
    ['', null],
  ])('E7: %j in its metadata is the order %j', (named, expected) => {
    const refund = { id: 're_1', amount: 100, metadata: { refund_order_id: named } };
    expect(factsOfRefund(refund, 'pi_1', { sent, failed: null })).toMatchObject([{ refundOrderId: expected }]);
  });

  test('E7: without metadata there is none', () => {
    const refund = { id: 're_1', amount: 100, metadata: null };
    expect(factsOfRefund(refund, 'pi_1', { sent, failed: null })).toMatchObject([{ refundOrderId: null }]);
  });

  test.each([
    ['failed', { refund_order_id: orderId, refund_order_attempt: '2' }, { orderId, attempt: 2 }],
    ['canceled', { refund_order_id: orderId, refund_order_attempt: 'two' }, { orderId, attempt: null }],
    ['canceled', { refund_order_id: orderId }, { orderId, attempt: null }],
    ['succeeded', { refund_order_id: orderId, refund_order_attempt: '2' }, null],
    ['failed', { refund_order_attempt: '2' }, null],
  ])('E7: a refund that is %s with %j has failed %j', (status, metadata, expected) => {
    const failed = failedRefundOf({ id: 're_1', status, metadata });
    if (expected === null) expect(failed).toBeNull();
    else expect(failed).toMatchObject({ refundId: 're_1', ...expected });
  });
});

describe('what a dispute has done', () => {
  const movement = (id: string, amount: number, created: number) =>
    ({ id, amount, created, fee: 0 }) as Stripe.BalanceTransaction;
  const opened = movement('txn_1', -600, 1_800_000_000);
  const readAt = new Date('2027-02-01T00:00:00.000Z');
  const lost = (...transactions: Stripe.BalanceTransaction[]) =>
    factsOfDispute({ id: 'du_1', status: 'lost', balance_transactions: transactions }, 'pi_1', readAt).at(-1);

  test('E5: lost, all is lost that was withdrawn since it was last given back', () => {
    const more = movement('txn_2', -400, 1_800_000_001);
    expect(lost(more, opened)).toMatchObject({ id: 'lost:du_1', kind: 'dispute_lost', amountCents: 1_000, at: readAt });
    const back = movement('txn_2', 600, 1_800_000_001);
    const again = movement('txn_3', -500, 1_800_000_002);
    expect(lost(opened, back, again)).toMatchObject({ kind: 'dispute_lost', amountCents: 500 });
    expect(lost(opened, back)).toMatchObject({ id: 'txn_2', kind: 'dispute_won' });
  });

  test('E5: lost, it was not so before its money was taken, however late our clock is', () => {
    const ahead = movement('txn_1', -600, 1_900_000_000);
    expect(lost(ahead)?.at).toEqual(new Date(1_900_000_000_000));
  });
});
