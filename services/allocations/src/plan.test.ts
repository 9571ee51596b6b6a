import { describe, expect, test } from '@jest/globals';
import { cents, type ResourceKey, UserIdSchema } from '@wewrite/contracts';
import fc from 'fast-check';
import {
  decide,
  decideInOrder,
  evolve,
  maximumAllocations,
  type Plan,
  planOf,
  resourceKeyOf,
  totalsOf,
} from './plan.ts';

const sam = UserIdSchema.parse('sam');
const wanda = UserIdSchema.parse('wanda');
const walt = UserIdSchema.parse('walt');

function page(resourceId: string): ResourceKey {
  return { resourceType: 'page', resourceId };
}

/** A plan of Sam's: the amounts of the pages `0`, `1`, …, all Wanda's. */
function planWith(budgetCents: number, amounts: readonly number[]): Plan {
  const standing = amounts.map((usdCents, index) => ({
    resource: page(String(index)),
    recipientUserId: wanda,
    usdCents: cents(usdCents),
    version: index + 1,
    writerState: 'open' as const,
  }));
  return planOf(cents(budgetCents), standing, amounts.length);
}

function set(resourceId: string, usdCents: number) {
  return { userId: sam, resource: page(resourceId), ownerUserId: wanda, usdCents };
}

describe('deciding one wish', () => {
  test('A4: an allocation that fits is accepted, to the last cent', () => {
    expect(decide(planWith(1_000, [400]), set('new', 600))).toMatchObject({
      outcome: 'accepted',
      changes: [{ before: null, after: { recipientUserId: 'wanda', usdCents: 600 } }],
    });
  });

  test('A4: a cent too many is refused, with what is available', () => {
    const refusal = decide(planWith(1_000, [400]), set('new', 601));
    expect(refusal).toMatchObject({ outcome: 'refused', code: 'over_allocated', availableCents: 600 });
  });

  test('A4: a raise needs only the difference', () => {
    expect(decide(planWith(1_000, [400, 500]), set('0', 500)).outcome).toBe('accepted');
    expect(decide(planWith(1_000, [400, 500]), set('0', 501))).toMatchObject({ code: 'over_allocated' });
  });

  test.each([-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53])('A4: %p is not an amount', (usdCents) => {
    expect(decide(planWith(1_000, []), set('new', usdCents))).toMatchObject({ code: 'invalid_request' });
  });

  test('A4: the largest amount is refused like any other that does not fit', () => {
    const refusal = decide(planWith(1_000, [400]), set('new', Number.MAX_SAFE_INTEGER));
    expect(refusal).toMatchObject({ code: 'over_allocated', availableCents: 600 });
  });

  test('A4: an unknown resource, a recipient who is not the owner, and yourself are refused', () => {
    const plan = planWith(1_000, []);
    expect(decide(plan, { ...set('new', 1), ownerUserId: null })).toMatchObject({ code: 'unknown_resource' });
    expect(decide(plan, { ...set('new', 1), recipientUserId: walt })).toMatchObject({ code: 'not_owner' });
    expect(decide(plan, { ...set('new', 1), ownerUserId: sam })).toMatchObject({ code: 'self_support' });
  });

  test('A11: a writer who is not open gets nothing new and nothing more', () => {
    const plan = planWith(1_000, [400]);
    for (const ownerState of ['inactive', 'blocked', 'closed'] as const) {
      expect(decide(plan, { ...set('new', 1), ownerState })).toMatchObject({ code: 'writer_closed' });
      expect(decide(plan, { ...set('0', 401), ownerState })).toMatchObject({ code: 'writer_closed' });
      expect(decide(plan, { ...set('0', 300), ownerUserId: walt, ownerState })).toMatchObject({
        code: 'writer_closed',
      });
      expect(decide(plan, { ...set('0', 399), ownerState })).toMatchObject({
        changes: [{ after: { usdCents: 399, writerState: ownerState } }],
      });
      expect(decide(plan, { ...set('0', 0), ownerState }).outcome).toBe('accepted');
    }
  });

  test('A4: zero removes, also when the resource is gone', () => {
    const removed = decide(planWith(1_000, [400]), { ...set('0', 0), ownerUserId: null });
    expect(removed).toMatchObject({ outcome: 'accepted', changes: [{ before: { usdCents: 400 }, after: null }] });
  });

  test('A4: a plan has at most 500 allocations', () => {
    const full = planWith(
      10_000,
      Array.from({ length: maximumAllocations }, () => 1),
    );
    expect(decide(full, set('new', 1))).toMatchObject({ code: 'too_many_allocations' });
    expect(decide(full, set('7', 2)).outcome).toBe('accepted');
  });

  test('A4: a wish that has seen another state than what stands is refused', () => {
    const plan = planWith(1_000, [400, 500]);
    expect(decide(plan, { ...set('1', 300), expectedVersion: 1 })).toMatchObject({ code: 'version_conflict' });
    expect(decide(plan, { ...set('1', 0), expectedVersion: 3 })).toMatchObject({ code: 'version_conflict' });
    expect(decide(plan, { ...set('new', 1), expectedVersion: 1 })).toMatchObject({ code: 'version_conflict' });
    expect(decide(plan, { ...set('1', 300), expectedVersion: 2 })).toMatchObject({
      outcome: 'accepted',
      changes: [{ after: { usdCents: 300, version: 3 } }],
    });
    expect(decide(plan, { ...set('new', 1), expectedVersion: 0 }).outcome).toBe('accepted');
  });

  test('A4: a wish that says what stands already is no conflict, whatever it has seen', () => {
    const plan = planWith(1_000, [400]);
    expect(decide(plan, { ...set('0', 400), expectedVersion: 7 })).toEqual({ outcome: 'accepted', changes: [] });
    expect(decide(plan, { ...set('new', 0), expectedVersion: 7 })).toEqual({ outcome: 'accepted', changes: [] });
  });

  test('A4: in a series each wish sees the versions that those before have made', () => {
    const { plan, decided } = decideInOrder(planWith(1_000, [400]), [
      { ...set('0', 300), expectedVersion: 1 },
      { ...set('0', 200), expectedVersion: 1 },
      { ...set('0', 100), expectedVersion: 2 },
    ]);
    expect(decided.map(({ decision }) => decision.outcome)).toEqual(['accepted', 'refused', 'accepted']);
    expect(decided.map(({ standing }) => standing?.version)).toEqual([2, 2, 3]);
    expect(plan.version).toBe(3);
  });

  test('A2: what the plan says already changes nothing', () => {
    expect(decide(planWith(1_000, [400]), set('0', 400))).toEqual({ outcome: 'accepted', changes: [] });
    expect(decide(planWith(1_000, [400]), set('new', 0))).toEqual({ outcome: 'accepted', changes: [] });
  });

  test('A2: the same amount goes to the owner of today', () => {
    const decision = decide(planWith(1_000, [400]), { ...set('0', 400), ownerUserId: walt });
    expect(decision).toMatchObject({
      changes: [{ before: { recipientUserId: 'wanda' }, after: { recipientUserId: 'walt' } }],
    });
  });

  test('A6: a plan above its budget accepts only what lowers it', () => {
    const overspent = planWith(500, [400, 400]);
    expect(totalsOf(overspent)).toMatchObject({ availableCents: 0, overspentCents: 300 });
    expect(decide(overspent, set('0', 399)).outcome).toBe('accepted');
    expect(decide(overspent, set('0', 401))).toMatchObject({ code: 'over_allocated', availableCents: 0 });
    expect(decide(overspent, set('new', 1))).toMatchObject({ code: 'over_allocated', availableCents: 0 });
  });
});

describe('any series of wishes and budgets', () => {
  const wish = fc.record({
    resource: fc.integer({ min: 0, max: 6 }).map((index) => page(String(index))),
    usdCents: fc.integer({ min: 0, max: 700 }),
    budgetCents: fc.option(fc.integer({ min: 0, max: 1_000 }), { freq: 4 }),
  });

  test('A3: the parts of a plan always add up; A4, A6: no wish makes it exceed its budget by more', () => {
    fc.assert(
      fc.property(fc.array(wish, { maxLength: 60 }), (wishes) => {
        let plan = planWith(1_000, []);
        for (const { resource, usdCents, budgetCents } of wishes) {
          if (budgetCents !== null) plan = { ...plan, budgetCents: cents(budgetCents) };
          const before = totalsOf(plan);
          const decision = decide(plan, { userId: sam, resource, ownerUserId: wanda, usdCents });
          if (decision.outcome === 'refused') continue;
          for (const change of decision.changes) plan = evolve(plan, change);
          const after = totalsOf(plan);
          expect(after.allocatedCents + after.availableCents - after.overspentCents).toBe(after.totalCents);
          expect(Math.min(after.availableCents, after.overspentCents)).toBe(0);
          expect(after.overspentCents).toBeLessThanOrEqual(before.overspentCents);
          expect(plan.allocations.get(resourceKeyOf(resource))?.usdCents ?? 0).toBe(usdCents);
        }
      }),
    );
  });
});
