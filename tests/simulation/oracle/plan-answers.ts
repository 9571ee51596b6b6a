// A4, A6, A9, A11: what supporters are answered who ask for a change of their plans, by the deeds before.
import type { ProblemCode } from '@wewrite/contracts';
import type { Answer, Deed, PlannedWish, Wish } from '../deed.ts';
import { following, monthAt } from './calendar.ts';
import { copyOf, mayStand, nameOf, type Plan, type Request, type Site } from './plan.ts';
import { change, type Plans, planOf } from './plans.ts';
import { misfitsAhead } from './schedules.ts';

/** `accepted`, or the code of the refusal. */
export type Verdict = 'accepted' | ProblemCode;

/** What is known of the budgets of the one who asks. */
export interface Means {
  /** What the running month's budget may be: one amount, or what it was and is while that is under way. */
  readonly leastCents: number;
  readonly mostCents: number;
  /** What is expected of the months to come. */
  readonly expectedCents: number;
}

const planKinds = [
  'allocation_set',
  'allocation_removed',
  'allocations_set_together',
  'change_undone',
  'schedule_made',
  'schedule_changed',
  'schedule_removed',
  'preferences_kept',
] as const;

/** A deed about a plan. */
export type PlanDeed = Extract<Deed, { kind: (typeof planKinds)[number] }>;

/** Whether a deed is about a plan. */
export function isPlanDeed(deed: Deed): deed is PlanDeed {
  return planKinds.some((kind) => kind === deed.kind);
}

/** One request, or one wish of a batch: what it may be answered, and what it was. */
export interface Foretold {
  readonly verdicts: ReadonlySet<Verdict>;
  readonly answer: Answer;
}

/** What a deed about a plan may be answered; a batch is answered wish by wish. */
export function foretellPlan(plans: Plans, deed: PlanDeed, means: Means): Foretold[] {
  const plan = planOf(plans, deed.userId);
  if (deed.kind === 'allocations_set_together') return foretellBatch(plan, plans, deed, means);
  return [{ verdicts: verdictsOn(plan, plans, deed, means), answer: deed.answer }];
}

type SingleDeed = Exclude<PlanDeed, { kind: 'allocations_set_together' }>;

function verdictsOn(plan: Plan, plans: Plans, deed: SingleDeed, means: Means): ReadonlySet<Verdict> {
  switch (deed.kind) {
    case 'allocation_set': {
      const { recipientUserId, expectedVersion } = deed;
      const seen = {
        ...(recipientUserId === undefined ? {} : { recipientUserId }),
        ...(expectedVersion === undefined ? {} : { expectedVersion }),
      };
      return onWish(plan, plans, { deed, wish: { ...deed.wish, ...seen }, means });
    }
    case 'allocation_removed':
      return onWish(plan, plans, { deed, wish: { resource: deed.resource, usdCents: 0 }, means });
    case 'change_undone':
      return onUndoing(plan, plans, deed, means);
    case 'schedule_made':
      return new Set([onPlanning(plan, plans, deed, means)]);
    case 'schedule_changed':
      return new Set([onPlanningOtherwise(plan, plans, deed, means)]);
    case 'schedule_removed': {
      const isThere = isPlanned(plan, deed.scheduleId) || plan.over.get(deed.scheduleId) === 'removed';
      return new Set([isThere ? 'accepted' : 'already_begun']);
    }
    case 'preferences_kept':
      return new Set(['accepted']);
  }
}

/** What was sent again since nobody had answered may find that it has had its effect: then what it removes is gone. */
function onWish(
  plan: Plan,
  site: Site,
  { deed, wish, means }: { deed: SingleDeed; wish: Request; means: Means },
): ReadonlySet<Verdict> {
  const verdicts = new Set(onBudgets(plan, site, deed.userId, wish, means));
  if (!deed.isRepeated || !verdicts.has('accepted')) return verdicts;
  const after = copyOf(plan);
  change(after, site, wish);
  return verdicts.union(new Set(onBudgets(after, site, deed.userId, wish, means)));
}

/** The verdicts by the least that the budget may be, and by the most. */
function onBudgets(plan: Plan, site: Site, userId: string, wish: Request, means: Means): Verdict[] {
  return [means.leastCents, means.mostCents].map(
    (budgetCents) => mayStand(plan, site, { userId, wish, budgetCents }) ?? 'accepted',
  );
}

/** Each wish is judged on what those before have left. */
function foretellBatch(
  plan: Plan,
  site: Site,
  { userId, wishes }: Extract<PlanDeed, { kind: 'allocations_set_together' }>,
  means: Means,
): Foretold[] {
  const tried = copyOf(plan);
  return wishes.map(({ answer, ...wish }) => {
    const verdicts = new Set(onBudgets(tried, site, userId, wish, means));
    if (answer.outcome === 'accepted') change(tried, site, wish);
    return { verdicts, answer };
  });
}

/** The last change of a resource can be taken back, unless it has ended a span: that would not end again. */
function onUndoing(
  plan: Plan,
  site: Site,
  { userId, version }: Extract<PlanDeed, { kind: 'change_undone' }>,
  means: Means,
): ReadonlySet<Verdict> {
  const undone = plan.changes.find((each) => each.version === version);
  if (undone === undefined) return new Set(['not_found']);
  const { resource, beforeCents: usdCents, hasEndedSpan } = undone;
  const last = plan.changes.findLast((each) => nameOf(each.resource) === nameOf(resource));
  if (hasEndedSpan || last !== undone) return new Set(['version_conflict']);
  return new Set(onBudgets(plan, site, userId, { resource, usdCents }, means));
}

function onPlanningOtherwise(
  plan: Plan,
  site: Site,
  deed: Extract<PlanDeed, { kind: 'schedule_changed' }>,
  means: Means,
): Verdict {
  if (!isPlanned(plan, deed.scheduleId)) return 'already_begun';
  const without = copyOf(plan);
  without.schedules = without.schedules.filter(({ id }) => id !== deed.scheduleId);
  return onPlanning(without, site, deed, means);
}

/** A9: what is planned must be possible with room enough, and fit with what is expected, as things stand. */
function onPlanning(
  plan: Plan,
  site: Site,
  { userId, planned, at }: { userId: string; planned: PlannedWish; at: string },
  { expectedCents }: Means,
): Verdict {
  const running = monthAt(at);
  if (!isWithin(planned, running)) return 'invalid_request';
  const wish: Wish = { resource: planned.resource, usdCents: planned.usdCents };
  const refused = mayStand(plan, site, { userId, wish, budgetCents: Number.MAX_SAFE_INTEGER });
  if (refused !== null) return refused;
  const ahead = { userId, after: running, budgetCents: expectedCents };
  const recipientUserId = site.owners.get(nameOf(planned.resource)) ?? '';
  const more = copyOf(plan);
  more.schedules = [...more.schedules, { id: 'planned now', planned, recipientUserId, state: 'planned' }];
  return misfitsAhead(more, site, ahead) > misfitsAhead(plan, site, ahead) ? 'over_allocated' : 'accepted';
}

/** From next month on, for three years at most, and not backwards. */
function isWithin(planned: PlannedWish, running: string): boolean {
  let latest = running;
  for (let left = 36; left > 0; left--) latest = following(latest);
  const last = planned.kind === 'add' ? planned.throughMonth : planned.fromMonth;
  return planned.fromMonth > running && last >= planned.fromMonth && last <= latest;
}

function isPlanned(plan: Plan, scheduleId: string): boolean {
  return plan.schedules.some(({ id, state }) => id === scheduleId && state === 'planned');
}
