// Everybody's plans, as the answers to what was asked made them.
import type { Deed, Wish } from '../deed.ts';
import { nameOf, type Plan, type Site, stand } from './plan.ts';
import { endSpans } from './schedules.ts';

/** Everybody's plans, and the site. */
export interface Plans extends Site {
  readonly byUser: Map<string, Plan>;
}

/** No plan, and a site of which nothing is known. */
export function noPlans(): Plans {
  return { owners: new Map(), writerStates: new Map(), byUser: new Map() };
}

/** The plan of a supporter, who may have none yet. */
export function planOf(plans: Plans, userId: string): Plan {
  const known = plans.byUser.get(userId);
  if (known !== undefined) return known;
  const plan: Plan = { standing: new Map(), schedules: [] };
  plans.byUser.set(userId, plan);
  return plan;
}

/** Takes in what was accepted of a deed about plans or the site; all other deeds change no plan (A1). */
export function applyToPlans(plans: Plans, deed: Deed): void {
  if (deed.answer.outcome !== 'accepted') return;
  switch (deed.kind) {
    case 'resource_registered':
      plans.owners.set(nameOf(deed.resource), deed.ownerUserId);
      return;
    case 'writer_state_set':
      plans.writerStates.set(deed.writerId, deed.state);
      return;
    case 'allocation_set':
    case 'change_undone':
      change(plans, deed.userId, deed.wish);
      return;
    case 'allocation_removed':
      change(plans, deed.userId, { resource: deed.resource, usdCents: 0 });
      return;
    case 'allocations_set_together':
      for (const wish of deed.wishes) if (wish.answer.outcome === 'accepted') change(plans, deed.userId, wish);
      return;
    case 'schedule_made':
    case 'schedule_changed':
    case 'schedule_removed':
      reschedule(planOf(plans, deed.userId), deed);
      return;
    default:
  }
}

function change(plans: Plans, userId: string, { resource, usdCents }: Wish): void {
  const plan = planOf(plans, userId);
  const before = plan.standing.get(nameOf(resource));
  const recipientUserId = plans.owners.get(nameOf(resource)) ?? before?.recipientUserId ?? '';
  const isSame =
    usdCents === (before?.usdCents ?? 0) && (usdCents === 0 || before?.recipientUserId === recipientUserId);
  if (isSame) return;
  stand(plan, { resource, usdCents, recipientUserId });
  endSpans(plan, resource);
}

type ScheduleDeed = Extract<Deed, { kind: 'schedule_made' | 'schedule_changed' | 'schedule_removed' }>;

function reschedule(plan: Plan, deed: ScheduleDeed): void {
  switch (deed.kind) {
    case 'schedule_made':
      if (deed.scheduleId !== null) {
        plan.schedules.push({ id: deed.scheduleId, planned: deed.planned, state: 'planned' });
      }
      return;
    case 'schedule_changed': {
      const { scheduleId, planned } = deed;
      plan.schedules = plan.schedules.map((each) => (each.id === scheduleId ? { ...each, planned } : each));
      return;
    }
    case 'schedule_removed':
      plan.schedules = plan.schedules.filter(({ id }) => id !== deed.scheduleId);
      return;
  }
}
