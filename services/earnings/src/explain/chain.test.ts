import { describe, expect, test } from '@jest/globals';
import { cents, month } from '@wewrite/contracts';
import { type PayoutOfMonth, payoutsOfMonth } from './chain.ts';

const heard = { topic: 'payout.settled', messageId: null, partition: null, offset: null, traceparent: null };

/** A payout of a month, requested on the first of the next, and what became of it, each by its day. */
function payout(of: string, requestedOn: string, outcomes: Partial<Record<'paid' | 'failed' | 'returned', string>>) {
  const ended = Object.entries(outcomes) as ['paid' | 'failed' | 'returned', string][];
  return {
    payoutId: of,
    month: month(of),
    grossCents: cents(930),
    processingFeeCents: cents(57),
    netCents: cents(873),
    requestedAt: new Date(requestedOn),
    heard,
    outcomes: ended.map(([outcome, at]) => ({ outcome, transferId: null, reason: null, at: new Date(at), heard })),
  } satisfies PayoutOfMonth;
}

const idsOf = (payouts: readonly PayoutOfMonth[]) => payoutsOfMonth(payouts).map(({ payoutId }) => payoutId);
const november = (outcomes: Parameters<typeof payout>[2]) => payout('2026-11', '2026-12-01', outcomes);
const december = payout('2026-12', '2027-01-01', { paid: '2027-01-02' });
const january = payout('2027-01', '2027-02-01', {});

describe('the payouts that a month went through', () => {
  test('D1: the first takes the whole balance, and no later one any more', () => {
    expect(idsOf([november({ paid: '2026-12-02' }), december, january])).toEqual(['2026-11']);
    expect(idsOf([november({}), december, january])).toEqual(['2026-11']);
    expect(idsOf([])).toEqual([]);
  });

  test('D4: one that fails is followed by the next', () => {
    expect(idsOf([november({ failed: '2026-12-02' }), december, january])).toEqual(['2026-11', '2026-12']);
  });

  test('D4: one that comes back is followed by the first that was requested since, not by those of meanwhile', () => {
    const returned = november({ paid: '2026-12-02', returned: '2027-01-20' });
    expect(idsOf([returned, december, january])).toEqual(['2026-11', '2027-01']);
    expect(idsOf([returned, december])).toEqual(['2026-11']);
  });
});
