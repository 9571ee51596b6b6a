import { describe, expect, test } from '@jest/globals';
import { cents } from '@wewrite/contracts';
import { factsOfRefund } from './payment-fact.ts';

const sent = { id: 'txn_1', feeCents: cents(0), createdAt: new Date('2026-11-20T00:00:00.000Z') };

describe('the order that a refund names', () => {
  test.each([
    ['0190f0a0-0000-7000-8000-000000000001', '0190f0a0-0000-7000-8000-000000000001'],
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
});
