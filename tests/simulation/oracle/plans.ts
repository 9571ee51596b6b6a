// Everybody's plans, as the answers to what was asked made them.
import type { WriterState } from '@wewrite/contracts';
import type { Deed, Wish } from '../deed.ts';
import { emptyPlan, endSchedule, isStanding, nameOf, type Plan, type Site, stand, tell } from './plan.ts';
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
  const plan = emptyPlan();
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
      setWriterState(plans, deed.writerId, deed.state);
      return;
    case 'allocation_set':
    case 'change_undone':
      change(planOf(plans, deed.userId), plans, deed.wish);
      return;
    case 'allocation_removed':
      change(planOf(plans, deed.userId), plans, { resource: deed.resource, usdCents: 0 });
      return;
    case 'allocations_set_together':
      for (const wish of deed.wishes) {
        if (wish.answer.outcome === 'accepted') change(planOf(plans, deed.userId), plans, wish);
      }
      return;
    case 'schedule_made':
    case 'schedule_changed':
    case 'schedule_removed':
      reschedule(planOf(plans, deed.userId), plans, deed);
      return;
    default:
  }
}

/** A wish that was accepted stands; what stands already is no change. A direct change ends the spans of its resource (A9). */
export function change(plan: Plan, { owners }: Site, { resource, usdCents }: Wish): void {
  const before = plan.standing.get(nameOf(resource));
  const recipientUserId = owners.get(nameOf(resource)) ?? before?.recipientUserId ?? '';
  const wish = { resource, usdCents, recipientUserId };
  if (isStanding(plan, wish)) return;
  const made = stand(plan, wish);
  made.hasEndedSpan = endSpans(plan, resource);
}

function setWriterState(plans: Plans, writerId: string, state: WriterState): void {
  plans.writerStates.set(writerId, state);
  for (const plan of plans.byUser.values()) tell(plan, writerId, state);
}

type ScheduleDeed = Extract<Deed, { kind: 'schedule_made' | 'schedule_changed' | 'schedule_removed' }>;

function reschedule(plan: Plan, { owners }: Site, deed: ScheduleDeed): void {
  const { scheduleId: id } = deed;
  if (id === null) return;
  switch (deed.kind) {
    case 'schedule_made':
    case 'schedule_changed': {
      const { planned } = deed;
      const recipientUserId = owners.get(nameOf(planned.resource)) ?? '';
      const schedule = { id, planned, recipientUserId, state: 'planned' } as const;
      const isNew = deed.kind === 'schedule_made';
      plan.schedules = isNew
        ? [...plan.schedules, schedule]
        : plan.schedules.map((each) => (each.id === id ? schedule : each));
      return;
    }
    case 'schedule_removed':
      endSchedule(plan, id, 'removed');
      return;
  }
}
