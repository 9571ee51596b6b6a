import { describe, expect, test } from '@jest/globals';
import { decide, planOf, type StandingAllocation } from '@wewrite/allocations/rules';
import { basisPointsOf, cents, compareUtf8, month, spread, UserIdSchema, type WriterState } from '@wewrite/contracts';
import fc from 'fast-check';
import { seededRandom } from '../apps/cli/src/generate/random.ts';
import { billingMonth, prorate } from '../libs/local-stack/src/sandbox/objects/billing-period.ts';
import { type Schedule, turnMonth } from '../services/allocations/src/schedule.ts';
import { firstPartCents } from '../services/billing/src/subscription/subscription.ts';
import type { Line as ProductLine } from '../services/earnings/src/line.ts';
import { spreadReversal } from '../services/earnings/src/reversals/reversal.ts';
import { processingFeeOf } from '../services/payouts/src/payout.ts';
import { readSystemTestConfig } from './config.ts';
import { halfUp, split } from './simulation/oracle/arithmetic.ts';
import { type Books, noBooks, type Payment, type Taking } from './simulation/oracle/books.ts';
import { closeMonth, type Line } from './simulation/oracle/closed-month.ts';
import { emptyPlan, mayStand, nameOf, type Plan, type Site, statesOf } from './simulation/oracle/plan.ts';
import { turnPlan } from './simulation/oracle/schedules.ts';
import { proratedCents, raiseCents } from './simulation/oracle/subscriptions.ts';
import { refundTaken } from './simulation/oracle/takings.ts';

const { seed, splits } = readSystemTestConfig();
const november = month('2026-11');

describe('money', () => {
  test(
    `A6: ${splits.toLocaleString('en-US')} splits lose nothing, and each cent goes where the rule says`,
    () => {
      const random = seededRandom(seed);
      const amount = () => random.between(0, random.pick([3, 100, 10_000, 99_999_999, 10 ** 12]));
      let wrong = 0;
      for (let drawn = 0; drawn < splits; drawn++) {
        const weights = Array.from({ length: random.between(1, 12) }, amount);
        if (weights.every((weight) => weight < 1)) weights[0] = 1;
        const total = amount();
        const shares = spread(cents(total), weights.map(cents), (a, b) => a - b);
        if (shares.join() !== split(total, weights).join()) wrong++;
        if (shares.reduce((sum, share) => sum + share, 0) !== total) wrong++;
      }
      expect(wrong).toBe(0);
    },
    60_000 + splits / 10,
  );

  test('C1, D1: fees are rounded as the rule says, for every amount up to $100 and for large ones', () => {
    const terms = { minimumCents: 2_500, processingFeeBps: 290, processingFeeFixedCents: 30 };
    const isRight = (amount: number) => {
      const processingFeeCents = amount === 0 ? 0 : halfUp(amount, 290, 10_000) + 30;
      const isPlatformFee = basisPointsOf(cents(amount), 700) === halfUp(amount, 700, 10_000);
      return isPlatformFee && processingFeeOf(cents(amount), terms) === processingFeeCents;
    };
    expect(Array.from({ length: 10_001 }, (_, amount) => amount).filter((amount) => !isRight(amount))).toEqual([]);
    fc.assert(fc.property(fc.nat(10 ** 14), isRight), { seed, numRuns: 5_000 });
  });

  test('E3: billing, the sandbox and the rule bill the same for the rest of a month, to the second', () => {
    const anchor = { day: 1, hour: 0, minute: 0, second: 0 };
    const instant = fc.integer({ min: Date.UTC(2026, 0) / 1000, max: Date.UTC(2029, 0) / 1000 });
    const amount = fc.integer({ min: 100, max: 99_999_999 });
    fc.assert(
      fc.property(amount, instant, fc.nat(40 * 86_400), amount, (before, from, later, after) => {
        const whole = billingMonth(anchor, from);
        const at = new Date(from * 1000).toISOString();
        const firstCents = prorate(before, { start: from, end: whole.end }, whole);
        expect(firstCents).toBe(proratedCents(before, at));
        expect(firstCents).toBe(firstPartCents(cents(before), new Date(at)));
        const raisedAt = Math.min(from + later, whole.end - 1);
        const rest = { start: raisedAt, end: whole.end };
        const raise = prorate(after, rest, whole) - prorate(firstCents, rest, { start: from, end: whole.end });
        const debit = { cents: firstCents, from: at, to: new Date(whole.end * 1000).toISOString() };
        expect(raise).toBe(raiseCents(after, debit, new Date(raisedAt * 1000).toISOString()));
      }),
      { seed, numRuns: 5_000 },
    );
  });
});

describe('E5: reversals', () => {
  const ofMonth = fc.record({
    wishes: fc.array(
      fc.record({ writer: fc.constantFrom('u', 'v', 'w'), usdCents: fc.integer({ min: 1, max: 3_000 }) }),
      { maxLength: 10 },
    ),
    budgetCents: fc.integer({ min: 1, max: 20_000 }),
    refunds: fc.array(fc.nat(), { minLength: 1, maxLength: 6 }),
  });

  test('take of each line, of its fee and of what was left unallocated what the rule says, one after another', () => {
    fc.assert(
      fc.property(ofMonth, ({ wishes, budgetCents, refunds }) => {
        const allocations = wishes.map(({ writer, usdCents }, index) => {
          return { resource: pageOf(`p${index}`), recipientUserId: writer, usdCents };
        });
        const closed = closeMonth('2026-11', [{ userId: 'ada', budgetCents, allocations }]);
        const books = { ...noBooks(), closed: new Map([['2026-11', closed]]) };
        const supporter = closed.supporters.get('ada');
        let leftCents = budgetCents;
        for (const drawn of refunds) {
          const amountCents = drawn % (leftCents + 1);
          leftCents -= amountCents;
          const before = closed.lines.map(asProductLine);
          const unallocatedCents = cents((supporter?.unallocatedCents ?? 0) - (supporter?.goneCents ?? 0));
          const parts = spreadReversal(cents(amountCents), { lines: before, unallocatedCents });
          const taking = takingOf(amountCents);
          refundTaken(books, taking);
          expect(taking.spread?.unallocatedCents).toBe(parts.unallocatedCents);
          expect(
            taking.spread?.lines.map(({ line, cents: gross, feeCents }) => [line.lineId, gross, feeCents]),
          ).toEqual(parts.lines.map((part) => [before[part.position]?.lineId, part.grossCents, part.feeCents]));
        }
        expect(sumOfLedger(books)).toBe(0);
      }),
      { seed, numRuns: 2_000 },
    );
  });
});

describe('A4, A9: plans', () => {
  const people = ['u', 'v', 'ada'] as const;
  const states: readonly WriterState[] = ['open', 'open', 'blocked'];
  const resourceId = fc.constantFrom('p0', 'p1', 'p2', 'nobodys');
  const site = fc.record({
    owners: fc.tuple(...['p0', 'p1', 'p2'].map(() => fc.constantFrom(...people))),
    states: fc.tuple(...people.map(() => fc.constantFrom(...states))),
  });
  const standing = fc.uniqueArray(
    fc.record({ resourceId, owner: fc.constantFrom(...people), usdCents: fc.integer({ min: 1, max: 600 }) }),
    { maxLength: 3, selector: (each) => each.resourceId },
  );
  const wish = fc.record({ resourceId, usdCents: fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 900 })) });
  const budget = fc.integer({ min: 0, max: 1_500 });

  test('a wish is accepted, or refused for the same reason', () => {
    fc.assert(
      fc.property(site, standing, wish, budget, (drawn, stands, { resourceId: id, usdCents }, budgetCents) => {
        const known = siteOf(drawn.owners, drawn.states, people);
        const resource = pageOf(id);
        const plan = oraclePlan(stands);
        const decided = decide(planOf(cents(budgetCents), stands.map(standingOf)), {
          userId: UserIdSchema.parse('ada'),
          resource,
          ...ownerIn(known, id),
          usdCents,
        });
        const refused = decided.outcome === 'refused' ? decided.code : null;
        expect(mayStand(plan, known, { userId: 'ada', wish: { resource, usdCents }, budgetCents })).toBe(refused);
      }),
      { seed, numRuns: 5_000 },
    );
  });

  test('months turn to the same plans, and what was planned begins, ends or does not fit alike', () => {
    const months = ['2026-12', '2027-01', '2027-02', '2027-03'].map((each) => month(each));
    const planned = fc.record({
      resourceId,
      usdCents: fc.integer({ min: 1, max: 500 }),
      from: fc.nat(3),
      length: fc.nat(3),
      isSpan: fc.boolean(),
    });
    const budgets = fc.array(budget, { minLength: months.length, maxLength: months.length });
    fc.assert(
      fc.property(site, standing, fc.array(planned, { maxLength: 6 }), budgets, (drawn, stands, plans, amounts) => {
        const known = siteOf(drawn.owners, drawn.states, people);
        const oracle = oraclePlan(stands);
        let product = planOf(cents(0), stands.map(standingOf));
        let schedules = plans.map(({ resourceId: id, usdCents, from, length, isSpan }, index): Schedule => {
          const fromMonth = months[from] ?? november;
          const throughMonth = months[Math.min(from + length, months.length - 1)] ?? november;
          const wished = { resource: pageOf(id), usdCents: cents(usdCents), fromMonth };
          const kind = isSpan ? { kind: 'add' as const, throughMonth } : { kind: 'set' as const };
          const recipientUserId = ownerIn(known, id).ownerUserId ?? UserIdSchema.parse('nobody');
          const alike = { id: `${index}`, recipientUserId, state: 'planned', planned: { ...wished, ...kind } } as const;
          oracle.schedules = [...oracle.schedules, alike];
          const userId = UserIdSchema.parse('ada');
          return { id: `${index}`, userId, recipientUserId, state: 'planned', ...wished, ...kind };
        });
        months.forEach((turning, index) => {
          const budgetCents = cents(amounts[index] ?? 0);
          const turn = turnMonth({ ...product, budgetCents }, schedules, turning, (resource) =>
            ownerIn(known, resource.resourceId),
          );
          product = turn.plan;
          schedules = schedules.map((each) => ({ ...each, state: turn.moved.get(each.id) ?? each.state }));
          turnPlan(oracle, known, { userId: 'ada', month: turning, budgetCents });
          expect(statesOf(oracle)).toEqual(new Map(schedules.map(({ id, state }) => [id, state])));
          expect(centsByName(oracle.standing.values())).toEqual(centsByName(turn.plan.allocations.values()));
        });
      }),
      { seed, numRuns: 3_000 },
    );
  });
});

function pageOf(resourceId: string) {
  return { resourceType: 'page' as const, resourceId };
}

function asProductLine(line: Line, position: number): ProductLine {
  return {
    runId: 'a run',
    chunk: 0,
    position,
    lineId: line.lineId,
    month: november,
    userId: line.userId,
    recipientUserId: line.recipientUserId,
    ...line.resource,
    status: 'processed',
    usdCents: cents(line.usdCents),
    fundedCents: cents(line.fundedCents),
    feeCents: cents(line.feeCents),
    takenGrossCents: cents(line.goneCents),
    takenFeeCents: cents(line.goneFeeCents),
    disputedGrossCents: cents(0),
    disputedFeeCents: cents(0),
  };
}

const payment: Payment = {
  id: 'pi',
  userId: 'ada',
  at: '2026-11-01T00:00:00.000Z',
  cents: 0,
  card: 'pays',
  months: new Map(),
  suspendedBecause: null,
  isDisputed: false,
  returnedCents: 0,
};

function takingOf(amountCents: number): Taking {
  return { name: 're', kind: 'refund', payment, month: november, cents: amountCents, budgetMonth: null, spread: null };
}

function sumOfLedger({ ledger }: Books): number {
  return [...ledger.values()].reduce((sum, each) => sum + each, 0);
}

type Drawn = readonly { readonly resourceId: string; readonly owner: string; readonly usdCents: number }[];

function oraclePlan(stands: Drawn): Plan {
  const entries = stands.map(({ resourceId, owner, usdCents }) => {
    const resource = pageOf(resourceId);
    return [nameOf(resource), { resource, recipientUserId: owner, usdCents, version: 1, toldState: 'open' }] as const;
  });
  return { ...emptyPlan(), standing: new Map(entries) };
}

function standingOf({ resourceId, owner, usdCents }: Drawn[number]): StandingAllocation {
  const recipientUserId = UserIdSchema.parse(owner);
  return { resource: pageOf(resourceId), recipientUserId, usdCents: cents(usdCents), version: 1, writerState: 'open' };
}

function siteOf(owners: readonly string[], states: readonly WriterState[], people: readonly string[]): Site {
  return {
    owners: new Map(owners.map((owner, index) => [nameOf(pageOf(`p${index}`)), owner])),
    writerStates: new Map(people.map((userId, index) => [userId, states[index] ?? 'open'])),
  };
}

function ownerIn({ owners, writerStates }: Site, resourceId: string) {
  const owner = owners.get(nameOf(pageOf(resourceId)));
  if (owner === undefined) return { ownerUserId: null };
  return { ownerUserId: UserIdSchema.parse(owner), ownerState: writerStates.get(owner) ?? ('open' as const) };
}

function centsByName(
  standing: Iterable<{ resource: ReturnType<typeof pageOf> | StandingAllocation['resource']; usdCents: number }>,
) {
  const entries = [...standing].map(({ resource, usdCents }): [string, number] => [nameOf(resource), usdCents]);
  return entries.sort(([a], [b]) => compareUtf8(a, b));
}
