// A9: changes that supporters have planned, and what becomes of them at a month's first instant.
import type { ResourceKey } from '@wewrite/contracts';
import type { PlannedWish } from '../deed.ts';
import { following } from './calendar.ts';
import { centsOf, mayStand, nameOf, type Plan, type Schedule, type Site, stand } from './plan.ts';

/** What a turn did with a schedule. */
export interface Turned {
  readonly id: string;
  readonly became: 'begun' | 'ended' | 'did_not_fit';
}

/**
 * The first instant of a month: spans that are over end, then what begins is tried in the order in which it was planned,
 * against the budget that is to be expected of the month.
 */
export function turnPlan(
  plan: Plan,
  site: Site,
  { userId, month, budgetCents }: { userId: string; month: string; budgetCents: number },
): Turned[] {
  const turned: Turned[] = [];
  for (const schedule of [...plan.schedules]) {
    const { planned } = schedule;
    if (schedule.state !== 'begun' || planned.kind !== 'add' || following(planned.throughMonth) > month) continue;
    const restCents = Math.max(0, centsOf(plan, planned.resource) - planned.usdCents);
    forget(plan, schedule);
    turned.push({ id: schedule.id, became: 'ended' });
    const standing = plan.standing.get(nameOf(planned.resource));
    if (standing !== undefined) stand(plan, { ...standing, usdCents: restCents });
  }
  for (const schedule of [...plan.schedules]) {
    const { planned } = schedule;
    if (schedule.state !== 'planned' || planned.fromMonth > month) continue;
    const wish = { resource: planned.resource, usdCents: amountOf(plan, planned) };
    const refused = mayStand(plan, site, { userId, wish, budgetCents });
    if (refused === null) {
      stand(plan, { ...wish, recipientUserId: site.owners.get(nameOf(wish.resource)) ?? '' });
      schedule.state = 'begun';
    }
    turned.push({ id: schedule.id, became: refused === null ? 'begun' : 'did_not_fit' });
    // An amount from a month on is just what stands once it has begun.
    if (refused !== null || planned.kind === 'set') forget(plan, schedule);
  }
  return turned;
}

/** A direct change of a resource ends the spans that run on it. */
export function endSpans(plan: Plan, resource: ResourceKey): void {
  for (const schedule of spansOn(plan, resource)) forget(plan, schedule);
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

function forget(plan: Plan, schedule: Schedule): void {
  plan.schedules = plan.schedules.filter((other) => other !== schedule);
}
