// A9: changes that supporters have planned, and what becomes of them at a month's first instant.
import type { ResourceKey } from '@wewrite/contracts';
import type { PlannedWish } from '../deed.ts';
import { following } from './calendar.ts';
import {
  centsOf,
  copyOf,
  endSchedule,
  isStanding,
  mayStand,
  nameOf,
  type Outcome,
  type Plan,
  type Schedule,
  type Site,
  stand,
} from './plan.ts';

/**
 * The first instant of a month: spans that are over end, then what begins is tried in the order in which it was planned,
 * against the budget that is to be expected of the month.
 */
export function turnPlan(
  plan: Plan,
  site: Site,
  { userId, month, budgetCents }: { userId: string; month: string; budgetCents: number },
): void {
  for (const schedule of [...plan.schedules]) {
    const { planned } = schedule;
    if (schedule.state !== 'begun' || planned.kind !== 'add' || following(planned.throughMonth) > month) continue;
    const restCents = Math.max(0, centsOf(plan, planned.resource) - planned.usdCents);
    endSchedule(plan, schedule.id, 'ended');
    const standing = plan.standing.get(nameOf(planned.resource));
    if (standing !== undefined) stand(plan, { ...standing, usdCents: restCents });
  }
  for (const schedule of [...plan.schedules]) {
    const { planned } = schedule;
    if (schedule.state !== 'planned' || planned.fromMonth > month) continue;
    const { recipientUserId } = schedule;
    const wish = { resource: planned.resource, usdCents: amountOf(plan, planned), recipientUserId };
    const refused = mayStand(plan, site, { userId, wish, budgetCents });
    if (refused === null) {
      if (!isStanding(plan, wish)) stand(plan, wish);
      schedule.state = 'begun';
    }
    // An amount from a month on is just what stands once it has begun.
    if (refused !== null) endSchedule(plan, schedule.id, 'did_not_fit');
    else if (planned.kind === 'set') endSchedule(plan, schedule.id, 'begun');
  }
}

/** A direct change of a resource ends the spans that run on it. Returns whether one did. */
export function endSpans(plan: Plan, resource: ResourceKey): boolean {
  const spans = spansOn(plan, resource);
  for (const { id } of spans) endSchedule(plan, id, 'ended');
  return spans.length > 0;
}

/**
 * How many of a plan's schedules will not fit, as things stand: its months to come are turned one after another, and each is
 * worth what is expected of the next one.
 */
export function misfitsAhead(
  plan: Plan,
  site: Site,
  { userId, after, budgetCents }: { userId: string; after: string; budgetCents: number },
): number {
  const tried = { ...copyOf(plan), over: new Map<string, Outcome>() };
  for (let month = following(after); tried.schedules.length > 0; month = following(month)) {
    turnPlan(tried, site, { userId, month, budgetCents });
  }
  return [...tried.over.values()].filter((outcome) => outcome === 'did_not_fit').length;
}

/** What would stand: a span adds to what stands, an amount from a month on stands under the spans that run. */
function amountOf(plan: Plan, planned: PlannedWish): number {
  if (planned.kind === 'add') return centsOf(plan, planned.resource) + planned.usdCents;
  let cents = planned.usdCents;
  for (const span of spansOn(plan, planned.resource)) cents += span.planned.usdCents;
  return cents;
}

function spansOn(plan: Plan, resource: ResourceKey): Schedule[] {
  return plan.schedules.filter(
    ({ state, planned }) => state === 'begun' && nameOf(planned.resource) === nameOf(resource),
  );
}
