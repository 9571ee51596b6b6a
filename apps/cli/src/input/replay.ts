import { decide, evolve, type Plan, type PlanRefusal } from '@wewrite/allocations/rules';
import { type Cents, cutoffOf, type Month, monthOf, type UserId, zeroCents } from '@wewrite/contracts';
import { type CommunityEvent, changesBudget } from './event.ts';
import type { Faults } from './fault.ts';
import { type Change, type Input, priceInMonth, resourceName, type Supporter, type Wish } from './input.ts';
import { fileNames } from './input-files.ts';

/** What of the changes and events will be played, in order of time, and how many come after the last close and will not. */
export interface Replayed {
  readonly changes: readonly Change[];
  readonly events: readonly CommunityEvent[];
  readonly afterLastClose: number;
}

const closeDelayMs = 9 * 60 * 60 * 1000;

/** When the demo closes a month: at 09:00 on the 1st of the next. */
export function closeInstantOf(month: Month): Date {
  return new Date(cutoffOf(month).getTime() + closeDelayMs);
}

/**
 * Plays plans and changes through in memory, by the API's own rules and in order of time: what the API would refuse
 * becomes a fault of its row. Once an event has befallen a supporter, the API alone judges what they change. `months` are those that will be closed, in order, at least one.
 */
export function replay(input: Input, months: readonly Month[], faults: Faults): Replayed {
  const plans = playedPlans(input, months);
  const play = (file: string, wish: Wish, at: Date | null) => {
    const refusal = plans.play(wish, at);
    if (refusal === null) return;
    const [reason, column] = explanationOf(refusal);
    faults.add({ file, line: wish.line, column, reason });
  };
  for (const wish of input.allocations) play(fileNames.allocations, wish, null);
  const end = Math.max(...months.map((month) => closeInstantOf(month).getTime()));
  const changes = input.changes.filter(({ at }) => at.getTime() <= end);
  const events = input.events.filter(({ at }) => at.getTime() <= end);
  const eventful = firstEvents(events);
  for (const change of changes) {
    const since = eventful.get(change.userId);
    if (since === undefined || change.at < since) play(fileNames.changes, change, change.at);
  }
  const afterLastClose = input.changes.length - changes.length + input.events.length - events.length;
  return { changes, events, afterLastClose };
}

/** When the first event befell each supporter whose budget it may have changed. */
function firstEvents(events: readonly CommunityEvent[]): Map<UserId, Date> {
  const first = new Map<UserId, Date>();
  for (const { kind, userId, at } of events) if (changesBudget(kind) && !first.has(userId)) first.set(userId, at);
  return first;
}

type Refusal = PlanRefusal & { readonly budgetCents: Cents };

/** Every supporter's plan in memory. */
export interface PlayedPlans {
  /** Sets an allocation at an instant (null: the first of all); null when the API takes it, else why not. */
  play(wish: Omit<Wish, 'line'>, at: Date | null): Refusal | null;
}

/** Plans that are empty, of the input's supporters for the input's resources. */
export function playedPlans(
  { supporters, resources }: Pick<Input, 'supporters' | 'resources'>,
  months: readonly Month[],
): PlayedPlans {
  const plans = new Map<UserId, Plan['allocations']>();
  const monthIndexAt = (at: Date) => {
    const index = months.indexOf(monthOf(at));
    // What comes between the last cutoff and its close belongs to the month after the last.
    return index === -1 ? months.length : index;
  };
  return {
    play: (wish, at) => {
      const supporter = supporters.get(wish.userId);
      // The supporter's own row has a fault, and without it there is nothing to judge by.
      if (supporter === undefined) return null;
      const budgetCents = budgetOf(supporter, at === null ? 0 : monthIndexAt(at));
      const plan = { budgetCents, allocations: plans.get(wish.userId) ?? new Map() };
      const decision = decide(plan, {
        userId: wish.userId,
        resource: { resourceType: wish.resourceType, resourceId: wish.resourceId },
        ownerUserId: resources.get(resourceName(wish))?.ownerUserId ?? null,
        usdCents: wish.usdCents,
      });
      if (decision.outcome === 'refused') return { ...decision, budgetCents };
      plans.set(wish.userId, decision.changes.reduce(evolve, plan).allocations);
      return null;
    },
  };
}

/**
 * What the supporter can allocate in a month, counted from 0: a renewal counts from its first instant, and, where its
 * payment fails, as an open one until the cutoff; there is none once the subscription has lapsed.
 */
export function budgetOf(supporter: Supporter, monthIndex: number): Cents {
  return monthIndex > 0 && supporter.payment === 'lapsed' ? zeroCents : priceInMonth(supporter, monthIndex);
}

function explanationOf(refusal: Refusal): [reason: string, column: string] {
  if (refusal.code !== 'over_allocated') return [refusal.sentence, 'resource_id'];
  const { availableCents, budgetCents } = refusal;
  return [`it is over budget: ${availableCents} of ${budgetCents} cents are left at that moment`, 'usd_cents'];
}
