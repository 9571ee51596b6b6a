import { type Cents, cents, type Month, nextMonth, type ResourceKey, type UserId } from '@wewrite/contracts';
import {
  decide,
  evolve,
  type Plan,
  type PlanChange,
  resourceKeyOf,
  type SetAllocation,
  type StandingAllocation,
  versionAfter,
} from './plan.ts';

/** A change that is to happen by itself (A9): an amount from a month on, or more for a span of months. */
export type Schedule = {
  readonly id: string;
  readonly userId: UserId;
  readonly resource: ResourceKey;
  readonly recipientUserId: UserId;
  readonly usdCents: Cents;
  readonly fromMonth: Month;
  readonly state: ScheduleState;
} & ({ readonly kind: 'set' } | { readonly kind: 'add'; readonly throughMonth: Month });

export type ScheduleState = 'planned' | 'begun' | 'ended' | 'did_not_fit' | 'removed';

/** What the turn of a month did to a plan, with the schedules whose state it changed. */
export interface MonthTurn {
  readonly plan: Plan;
  readonly changes: readonly PlanChange[];
  readonly moved: ReadonlyMap<string, ScheduleState>;
}

/** Who owns a resource now, and whether they take support. */
export type OwnerOf = (resource: ResourceKey) => Pick<SetAllocation, 'ownerUserId' | 'ownerState'>;

/** The month at whose first instant a schedule is due; null when it is done. */
export function dueMonthOf(schedule: Schedule): Month | null {
  if (schedule.state === 'planned') return schedule.fromMonth;
  return schedule.state === 'begun' && schedule.kind === 'add' ? nextMonth(schedule.throughMonth) : null;
}

/**
 * The first instant of a month, before any change of it (A9): spans that are over end, then schedules begin, in the order
 * in which they were made. One that the API would refuse as a change of that moment does not fit, and changes nothing.
 * `plan.budgetCents` is the month's.
 */
export function turnMonth(plan: Plan, schedules: readonly Schedule[], month: Month, ownerOf: OwnerOf): MonthTurn {
  const due = schedules.filter((schedule) => isDue(schedule, month));
  const ends = due.filter(({ state }) => state === 'begun');
  const begins = due.filter(({ state }) => state === 'planned');
  const running = new Set(schedules.filter(({ state }) => state === 'begun'));
  let turn: MonthTurn = { plan, changes: [], moved: new Map() };
  for (const schedule of ends) {
    running.delete(schedule);
    turn = moved(turn, schedule, 'ended', lowered(turn.plan, schedule));
  }
  for (const schedule of begins) {
    const decision = decide(turn.plan, {
      userId: schedule.userId,
      resource: schedule.resource,
      ...ownerOf(schedule.resource),
      recipientUserId: schedule.recipientUserId,
      usdCents: amountOnceBegun(turn.plan, schedule, running),
    });
    if (decision.outcome === 'refused') turn = moved(turn, schedule, 'did_not_fit', []);
    else {
      running.add(schedule);
      turn = moved(turn, schedule, 'begun', decision.changes);
    }
  }
  return turn;
}

/** The schedules after a turn. */
export function afterTurn(schedules: readonly Schedule[], { moved: states }: MonthTurn): Schedule[] {
  return schedules.map((schedule) => ({ ...schedule, state: states.get(schedule.id) ?? schedule.state }));
}

/**
 * Those that will not fit, as things stand: the months to come are turned one after another, each with its expected
 * budget. Nobody knows what will be changed until then.
 */
export function foreseenMisfits(
  plan: Plan,
  schedules: readonly Schedule[],
  { months, budgetOf, ownerOf }: { months: readonly Month[]; budgetOf: (month: Month) => Cents; ownerOf: OwnerOf },
): ReadonlySet<string> {
  const misfits = new Set<string>();
  let state = { plan, schedules };
  for (const month of months) {
    const turn = turnMonth({ ...state.plan, budgetCents: budgetOf(month) }, state.schedules, month, ownerOf);
    for (const [id, becomes] of turn.moved) if (becomes === 'did_not_fit') misfits.add(id);
    state = { plan: turn.plan, schedules: afterTurn(state.schedules, turn) };
  }
  return misfits;
}

function isDue(schedule: Schedule, month: Month): boolean {
  const due = dueMonthOf(schedule);
  return due !== null && due <= month;
}

/** An amount from a month on stands under the spans that run; a span adds to what stands. */
function amountOnceBegun(plan: Plan, schedule: Schedule, running: ReadonlySet<Schedule>): number {
  const key = resourceKeyOf(schedule.resource);
  if (schedule.kind === 'add') return (plan.allocations.get(key)?.usdCents ?? 0) + schedule.usdCents;
  const added = [...running].filter((other) => other.kind === 'add' && resourceKeyOf(other.resource) === key);
  return added.reduce((sum, other) => sum + other.usdCents, schedule.usdCents as number);
}

/** What stood under a span stands alone again; that needs no room, and nobody's consent. */
function lowered(plan: Plan, { resource, usdCents }: Schedule): PlanChange[] {
  const before = plan.allocations.get(resourceKeyOf(resource));
  if (before === undefined) return [];
  const leftCents = Math.max(0, before.usdCents - usdCents);
  const after: StandingAllocation | null =
    leftCents === 0 ? null : { ...before, usdCents: cents(leftCents), version: versionAfter(plan) };
  return [{ resource, before, after }];
}

function moved(turn: MonthTurn, { id }: Schedule, state: ScheduleState, changes: readonly PlanChange[]): MonthTurn {
  return {
    plan: changes.reduce(evolve, turn.plan),
    changes: [...turn.changes, ...changes],
    moved: new Map(turn.moved).set(id, state),
  };
}
