import { describe, expect, test } from '@jest/globals';
import { type Cents, cents, type Month, month, nextMonth, type UserId } from '@wewrite/contracts';
import fc from 'fast-check';
import { type Plan, planOf, type StandingAllocation, totalsOf } from './plan.ts';
import { afterTurn, dueMonthOf, foreseenMisfits, type OwnerOf, type Schedule, turnMonth } from './schedule.ts';

const sam = 'sam' as UserId;
const wanda = 'wanda' as UserId;
const ownerOf: OwnerOf = () => ({ ownerUserId: wanda });
const page = (resourceId: string) => ({ resourceType: 'page' as const, resourceId });

function planWith(budgetCents: number, standing: Record<string, number>): Plan {
  const rows = Object.entries(standing).map(
    ([id, usdCents]): StandingAllocation => ({
      resource: page(id),
      recipientUserId: wanda,
      usdCents: cents(usdCents),
      version: 1,
      writerState: 'open',
    }),
  );
  return planOf(cents(budgetCents), rows, 1);
}

function schedule(
  id: string,
  of: { resourceId?: string; usdCents: number; from: string; through?: string; state?: Schedule['state'] },
): Schedule {
  const base = {
    id,
    userId: sam,
    resource: page(of.resourceId ?? 'p'),
    recipientUserId: wanda,
    usdCents: cents(of.usdCents),
    fromMonth: month(of.from),
    state: of.state ?? 'planned',
  };
  return of.through === undefined
    ? { ...base, kind: 'set' }
    : { ...base, kind: 'add', throughMonth: month(of.through) };
}

/** Turns month after month; answers what stands for page p after each, and where the schedules have come to. */
function play(plan: Plan, schedules: readonly Schedule[], months: readonly string[]) {
  let state = { plan, schedules };
  const stands: number[] = [];
  for (const each of months) {
    const turn = turnMonth(state.plan, state.schedules, month(each), ownerOf);
    state = { plan: turn.plan, schedules: afterTurn(state.schedules, turn) };
    stands.push(state.plan.allocations.get('page/p')?.usdCents ?? 0);
  }
  return { stands, states: Object.fromEntries(state.schedules.map(({ id, state: became }) => [id, became])) };
}

const spring = ['2027-02', '2027-03', '2027-04', '2027-05'];

describe('a scheduled change', () => {
  test('A9: a raise from a month on begins in that month and stays', () => {
    const { stands, states } = play(
      planWith(1_000, { p: 500 }),
      [schedule('raise', { usdCents: 800, from: '2027-03' })],
      spring,
    );
    expect(stands).toEqual([500, 800, 800, 800]);
    expect(states).toEqual({ raise: 'begun' });
  });

  test('A9: a span adds to what stands, and ends by itself', () => {
    const span = schedule('span', { usdCents: 200, from: '2027-03', through: '2027-04' });
    const { stands, states } = play(planWith(1_000, { p: 500 }), [span], spring);
    expect(stands).toEqual([500, 700, 700, 500]);
    expect(states).toEqual({ span: 'ended' });
  });

  test('A9: a span over nothing leaves nothing behind', () => {
    const span = schedule('span', { usdCents: 200, from: '2027-03', through: '2027-03' });
    expect(play(planWith(1_000, {}), [span], spring).stands).toEqual([0, 200, 0, 0]);
  });

  test('A9: an amount that begins during a span stands under it', () => {
    const schedules = [
      schedule('span', { usdCents: 200, from: '2027-03', through: '2027-04' }),
      schedule('lower', { usdCents: 100, from: '2027-04' }),
    ];
    expect(play(planWith(1_000, { p: 500 }), schedules, spring).stands).toEqual([500, 700, 300, 100]);
  });

  test('A9: one that no longer fits is not applied, and says so; the next one may fit', () => {
    const schedules = [
      schedule('large', { usdCents: 901, from: '2027-03' }),
      schedule('small', { usdCents: 600, from: '2027-03' }),
    ];
    const { stands, states } = play(planWith(900, { p: 500 }), schedules, spring);
    expect(stands).toEqual([500, 600, 600, 600]);
    expect(states).toEqual({ large: 'did_not_fit', small: 'begun' });
  });

  test('A9: a span that ends makes room for what begins in the same month', () => {
    const schedules = [
      schedule('span', { usdCents: 400, from: '2027-03', through: '2027-03' }),
      schedule('raise', { resourceId: 'q', usdCents: 400, from: '2027-04' }),
    ];
    expect(play(planWith(1_000, { p: 600 }), schedules, spring).states).toEqual({ span: 'ended', raise: 'begun' });
  });

  test('A4: what has come to belong to somebody else does not fit', () => {
    const turn = turnMonth(
      planWith(1_000, {}),
      [schedule('raise', { usdCents: 5, from: '2027-03' })],
      month('2027-03'),
      () => ({ ownerUserId: 'walt' as UserId }),
    );
    expect(turn).toMatchObject({ changes: [], moved: new Map([['raise', 'did_not_fit']]) });
  });
});

test('A9: what will not fit is foreseen with each month’s own budget', () => {
  const schedules = [
    schedule('one', { usdCents: 600, from: '2027-03' }),
    schedule('two', { resourceId: 'q', usdCents: 500, from: '2027-04', through: '2027-04' }),
  ];
  const budgets: Record<string, number> = { '2027-02': 600, '2027-03': 600, '2027-04': 1_000, '2027-05': 1_100 };
  const misfits = foreseenMisfits(planWith(0, { p: 500 }), schedules, {
    months: spring.map((each) => month(each)),
    budgetOf: (of) => cents(budgets[of] ?? 0),
    ownerOf,
  });
  expect([...misfits]).toEqual(['two']);
});

describe('whatever is scheduled', () => {
  const january = month('2027-01');
  const months: Month[] = Array.from({ length: 8 }).reduce<Month[]>(
    (all) => [...all, nextMonth(all.at(-1) ?? january)],
    [january],
  );
  const monthArbitrary = fc.constantFrom(...months.slice(1, -1));
  const scheduleArbitrary = fc
    .record({
      resourceId: fc.constantFrom('p', 'q'),
      usdCents: fc.integer({ min: 1, max: 700 }),
      from: monthArbitrary,
      length: fc.integer({ min: 0, max: 3 }),
      isSpan: fc.boolean(),
    })
    .map(({ resourceId, usdCents, from, length, isSpan }) => {
      const through = Array.from({ length }).reduce<Month>((last) => nextMonth(last), from);
      return (number: number) =>
        schedule(String(number), { resourceId, usdCents, from, ...(isSpan ? { through } : {}) });
    });
  const world = fc.record({
    schedules: fc.array(scheduleArbitrary, { maxLength: 6 }).map((makes) => makes.map((make, number) => make(number))),
    budgets: fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: months.length, maxLength: months.length }),
    p: fc.integer({ min: 0, max: 500 }),
  });
  const planIn = (budget: number, p: number) => planWith(budget, p === 0 ? {} : { p });

  test('A9: a turn never raises a plan above its budget, and everything due is done', () => {
    fc.assert(
      fc.property(world, ({ schedules, budgets, p }) => {
        let state: { plan: Plan; schedules: readonly Schedule[] } = { plan: planIn(budgets[0] ?? 0, p), schedules };
        months.forEach((turning, index) => {
          const plan = { ...state.plan, budgetCents: cents(budgets[index] ?? 0) };
          const overspentBefore: Cents = totalsOf(plan).overspentCents;
          const turn = turnMonth(plan, state.schedules, turning, ownerOf);
          expect(totalsOf(turn.plan).overspentCents).toBeLessThanOrEqual(overspentBefore);
          state = { plan: turn.plan, schedules: afterTurn(state.schedules, turn) };
          for (const each of state.schedules) expect((dueMonthOf(each) ?? '9999-12') > turning).toBe(true);
        });
      }),
    );
  });

  test('A9: once all spans have ended, only amounts from a month on have changed what stood', () => {
    fc.assert(
      fc.property(world, ({ schedules, p }) => {
        let state: { plan: Plan; schedules: readonly Schedule[] } = { plan: planIn(100_000, p), schedules };
        let end = months.at(-1) ?? january;
        for (const each of schedules) if (each.kind === 'add' && each.throughMonth > end) end = each.throughMonth;
        for (let turning = january; turning <= nextMonth(end); turning = nextMonth(turning)) {
          const turn = turnMonth(state.plan, state.schedules, turning, ownerOf);
          state = { plan: turn.plan, schedules: afterTurn(state.schedules, turn) };
        }
        const lastSet = schedules
          .filter((each) => each.kind === 'set' && each.resource.resourceId === 'p')
          .reduce<Schedule | null>(
            (last, each) => (last === null || each.fromMonth >= last.fromMonth ? each : last),
            null,
          );
        expect(state.plan.allocations.get('page/p')?.usdCents ?? 0).toBe(lastSet?.usdCents ?? p);
      }),
    );
  });
});
