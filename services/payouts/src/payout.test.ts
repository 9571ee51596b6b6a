import { describe, expect, test } from '@jest/globals';
import { cents } from '@wewrite/contracts';
import fc from 'fast-check';
import { judge, type WriterBalance } from './payout.ts';

const terms = { minimumCents: 2_500, processingFeeBps: 290, processingFeeFixedCents: 30 };
const ready: WriterBalance = {
  payableCents: cents(10_000),
  heldCents: cents(0),
  receivableCents: cents(0),
  hasPayoutInFlight: false,
  accountId: 'acct_1',
  canReceive: true,
};

describe('D1: who is paid, and how much', () => {
  test('all of a balance that reaches the minimum, less the processing fee rounded half up', () => {
    expect(judge(ready, terms)).toEqual({
      kind: 'pay',
      accountId: 'acct_1',
      grossCents: 10_000,
      processingFeeCents: 320,
      netCents: 9_680,
    });
    expect(judge({ ...ready, payableCents: cents(2_500) }, terms)).toMatchObject({
      processingFeeCents: 103,
      netCents: 2_397,
    });
  });

  test('what the writer owes comes off before the balance is compared with the minimum', () => {
    const owing = { ...ready, payableCents: cents(3_000) };
    expect(judge({ ...owing, receivableCents: cents(501) }, terms)).toEqual({ kind: 'skip', reason: 'below_minimum' });
    expect(judge({ ...owing, receivableCents: cents(500) }, terms)).toMatchObject({ kind: 'pay', grossCents: 2_500 });
  });

  test('a net of less than 1 cent is below the minimum', () => {
    const costly = { minimumCents: 1, processingFeeBps: 0, processingFeeFixedCents: 30 };
    expect(judge({ ...ready, payableCents: cents(30) }, costly)).toEqual({ kind: 'skip', reason: 'below_minimum' });
    expect(judge({ ...ready, payableCents: cents(31) }, costly)).toMatchObject({ kind: 'pay', netCents: 1 });
  });

  test('a payout never pays more than the balance, and its parts add up', () => {
    fc.assert(
      fc.property(fc.integer({ min: -1e12, max: 1e12 }), fc.integer({ min: 0, max: 1e12 }), (payable, receivable) => {
        const judged = judge({ ...ready, payableCents: cents(payable), receivableCents: cents(receivable) }, terms);
        if (judged.kind === 'skip') return;
        expect(judged.grossCents).toBe(payable - receivable);
        expect(judged.processingFeeCents + judged.netCents).toBe(judged.grossCents);
      }),
    );
  });
});

describe('D2: the first reason that holds', () => {
  const broken: WriterBalance = {
    payableCents: cents(0),
    heldCents: cents(5),
    receivableCents: cents(10),
    hasPayoutInFlight: true,
    accountId: null,
    canReceive: false,
  };
  test.each([
    ['already_in_flight', broken],
    ['on_hold', { ...broken, hasPayoutInFlight: false, receivableCents: cents(0) }],
    ['negative_balance', { ...broken, hasPayoutInFlight: false, heldCents: cents(0) }],
    ['below_minimum', { ...ready, payableCents: cents(2_499), accountId: null }],
    ['no_payout_account', { ...ready, accountId: null, canReceive: false }],
    ['account_restricted', { ...ready, canReceive: false }],
  ] as const)('%s', (reason, writer) => {
    expect(judge(writer, terms)).toEqual({ kind: 'skip', reason });
  });
});
