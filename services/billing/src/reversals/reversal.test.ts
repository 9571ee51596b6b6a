import { describe, expect, test } from '@jest/globals';
import { type Cents, cents, type Month, month, nextMonth, sumCents } from '@wewrite/contracts';
import fc from 'fast-check';
import { decideFact } from './decide-fact.ts';
import type { PaymentFact } from './payment-fact.ts';
import type { Reversal, Situation } from './reversal.ts';

const november = month('2026-11');
const december = nextMonth(november);
const january = nextMonth(december);

const fact = (given: Partial<PaymentFact>): PaymentFact => ({
  id: 'txn_1',
  kind: 'refund',
  objectId: 're_1',
  paymentIntentId: 'pi_1',
  refundOrderId: null,
  amountCents: cents(100),
  feeCents: cents(0),
  at: new Date('2026-11-20T00:00:00.000Z'),
  ...given,
});

const situation = (
  months: readonly { month: Month; leftCents: Cents }[],
  more: Partial<Situation> = {},
): Situation => ({
  invoice: {
    id: 'in_1',
    funded: {
      userId: 'anna',
      months: months.map((each) => ({ ...each, broughtBy: `subscription_payment:in_1:${each.month}` })),
    },
  },
  open: [],
  disputedCents: cents(0),
  suspendedCents: cents(0),
  closedMonths: new Set(),
  runningMonth: december,
  ...more,
});

/** What an account gains by transfers: credits less debits. */
function gained(account: string, transfers: readonly { debit: string; credit: string; amountCents: number }[]): number {
  return transfers.reduce(
    (sum, { debit, credit, amountCents }) =>
      sum + (credit === account ? amountCents : 0) - (debit === account ? amountCents : 0),
    0,
  );
}

describe('what a fact reverses', () => {
  test('E7: a refund is dated by Stripe’s time: in time it lowers the budget, a millisecond later it is spread', () => {
    const months = [{ month: november, leftCents: cents(1_000) }];
    const inTime = decideFact(fact({ at: new Date('2026-11-30T23:59:59.999Z') }), situation(months));
    expect(inTime.reversals).toMatchObject([{ budget: { month: november, cents: -100 } }]);
    expect(inTime.transfers).toMatchObject([{ debit: 'supporter_funds:anna:2026-11', credit: 'stripe:payments' }]);
    const late = decideFact(fact({ at: new Date('2026-12-01T00:00:00.000Z') }), situation(months));
    expect(late.reversals).toMatchObject([{ budget: null }]);
    expect(late.transfers).toEqual([]);
  });

  test('B7: once the month’s funding is complete nothing changes it, whatever the refund’s date', () => {
    const months = [{ month: november, leftCents: cents(1_000) }];
    const decision = decideFact(fact({}), situation(months, { closedMonths: new Set([november]) }));
    expect(decision.reversals).toMatchObject([{ budget: null, month: november }]);
  });

  test('E5: a dispute won after the cutoff credits the running month, one that was spread goes back the same way', () => {
    const opened = decideFact(
      fact({ kind: 'dispute_opened' }),
      situation([{ month: november, leftCents: cents(1_000) }]),
    ).reversals;
    const won = fact({ id: 'txn_2', kind: 'dispute_won', at: new Date('2027-01-02T00:00:00.000Z') });
    const closed = {
      disputedCents: cents(100),
      closedMonths: new Set([november, december]),
      runningMonth: january,
    };
    const credited = decideFact(won, situation([], { open: opened, ...closed }));
    expect(credited.reversals).toMatchObject([{ settles: opened[0]?.id, budget: { month: january, cents: 100 } }]);
    expect(gained('supporter_funds:anna:2026-11', credited.transfers)).toBe(-100);
    expect(gained('supporter_funds:anna:2027-01', credited.transfers)).toBe(100);
    const spread = opened.map((each) => ({ ...each, budget: null }));
    const back = decideFact(won, situation([], { open: spread, ...closed }));
    expect(back.reversals).toMatchObject([{ settles: opened[0]?.id, budget: null }]);
  });

  test('E5: what a lost dispute takes beyond what the payment still funds is our loss', () => {
    const opened = decideFact(
      fact({ kind: 'dispute_opened', amountCents: cents(1_000) }),
      situation([{ month: november, leftCents: cents(700) }]),
    ).reversals;
    const lost = fact({ id: 'lost:du_1', kind: 'dispute_lost', amountCents: cents(1_000) });
    const decision = decideFact(lost, situation([], { open: opened }));
    expect(decision.restCents).toBe(300);
    expect(gained('losses:disputes', decision.transfers)).toBe(-300);
    expect(gained('stripe:disputed', decision.transfers)).toBe(1_000);
    // …but for what has waited for its supporter in suspense.
    const { transfers } = decideFact(lost, situation([], { open: opened, suspendedCents: cents(200) }));
    expect(gained('losses:disputes', transfers)).toBe(-100);
    expect(gained('suspense', transfers)).toBe(-200);
    expect(gained('stripe:disputed', transfers)).toBe(1_000);
    const unknown = decideFact(lost, { ...situation([]), invoice: null });
    expect(gained('suspense', unknown.transfers)).toBe(-1_000);
  });

  test.each([
    ['all that was withdrawn', 1_000, 0],
    ['less, the rest is our loss', 700, 300],
    ['more than is in dispute any more, which was a loss before', 1_300, -300],
  ])('E5: a dispute that is won gives back %s: nothing of it stays disputed', (_what, wonCents, lossCents) => {
    const won = fact({ id: 'txn_2', kind: 'dispute_won', amountCents: cents(wonCents) });
    const { transfers } = decideFact(won, situation([], { disputedCents: cents(1_000) }));
    expect(gained('stripe:payments', transfers)).toBe(-wonCents);
    expect(gained('stripe:disputed', transfers)).toBe(1_000);
    expect(gained('losses:disputes', transfers)).toBe(lossCents === 0 ? 0 : -lossCents);
  });

  test('E7, C6: a refund that we ordered, or of money in suspense, comes from suspense', () => {
    const months = [{ month: november, leftCents: cents(1_000) }];
    const ordered = decideFact(fact({ refundOrderId: '0190f0a0-0000-7000-8000-000000000001' }), situation(months));
    expect(ordered).toMatchObject({ reversals: [], restCents: 100 });
    const suspended = decideFact(fact({}), { ...situation([]), invoice: { id: 'in_1', funded: null } });
    for (const { transfers } of [ordered, suspended]) {
      expect(transfers).toMatchObject([{ debit: 'suspense', credit: 'stripe:payments', amountCents: 100 }]);
    }
    expect(suspended.transfers).toMatchObject([{ corrects: 'suspense:in_1' }]);
  });
});

describe('any sequence of partial refunds and failures', () => {
  const step = fc.record({ percent: fc.integer({ min: 1, max: 100 }), fails: fc.boolean(), late: fc.boolean() });

  test('E5: gives back each cent once, never more than was paid, and funds never go below 0', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: 1, max: 5_000 }), { minLength: 1, maxLength: 3 }),
        fc.array(step, { maxLength: 12 }),
        (paid, steps) => {
          const months = [november, december, january].slice(0, paid.length);
          const left = new Map(months.map((of, index) => [of, paid[index] ?? 0]));
          const funds = new Map(left);
          const readings = () => months.map((of) => ({ month: of, leftCents: cents(left.get(of) ?? 0) }));
          const apply = (each: PaymentFact, open: readonly Reversal[], isLate: boolean) => {
            const decision = decideFact(
              each,
              situation(readings(), { open, closedMonths: new Set(isLate ? months : []) }),
            );
            for (const { month: of, amountCents, kind } of decision.reversals) {
              left.set(of, (left.get(of) ?? 0) + (kind === 'refund' ? -amountCents : amountCents));
            }
            for (const of of months) {
              funds.set(of, (funds.get(of) ?? 0) + gained(`supporter_funds:anna:${of}`, decision.transfers));
              expect(left.get(of)).toBeGreaterThanOrEqual(0);
              expect(funds.get(of)).toBeGreaterThanOrEqual(0);
            }
            expect(decision.restCents).toBe(0);
            return decision.reversals;
          };
          let isLate = false;
          for (const [index, { percent, fails, late }] of steps.entries()) {
            isLate ||= late;
            const total = sumCents(readings().map(({ leftCents }) => leftCents));
            const amountCents = cents(Math.ceil((total * percent) / 100));
            if (amountCents === 0) continue;
            const refunded = apply(fact({ id: `txn_${index}`, amountCents }), [], isLate);
            expect(sumCents(refunded.map((each) => each.amountCents))).toBe(amountCents);
            if (fails) apply(fact({ id: `txn_f${index}`, kind: 'refund_failed', amountCents }), refunded, isLate);
          }
          const rest = sumCents(readings().map(({ leftCents }) => leftCents));
          if (rest > 0) apply(fact({ id: 'txn_rest', amountCents: rest }), [], isLate);
          expect([...left.values()].every((amount) => amount === 0)).toBe(true);
        },
      ),
    );
  });
});
