import { decide, evolve, type Plan } from '@wewrite/allocations/rules';
import { type Cents, cutoffOf, type Month, monthOf, type UserId, zeroCents } from '@wewrite/contracts';
import type { Faults } from './fault.ts';
import { type Change, type Input, priceInMonth, resourceName, type Supporter, type Wish } from './input.ts';
import { fileNames } from './input-files.ts';

/** What of the changes will be sent, in order of time, and how many come after the last close and will not. */
export interface Replayed {
  readonly changes: readonly Change[];
  readonly afterLastClose: number;
}

const closeDelayMs = 9 * 60 * 60 * 1000;

/** When the demo closes a month: at 09:00 on the 1st of the next. */
export function closeInstantOf(month: Month): Date {
  return new Date(cutoffOf(month).getTime() + closeDelayMs);
}

/**
 * Plays plans and changes through in memory, by the API's own rules and in order of time: what the API would refuse
 * becomes a fault of its row. `months` are those that will be closed, in order, at least one.
 */
export function replay(input: Input, months: readonly Month[], faults: Faults): Replayed {
  const plans = new Map<UserId, Plan['allocations']>();
  const play = (file: string, wish: Wish, monthIndex: number) => {
    const supporter = input.supporters.get(wish.userId);
    if (supporter === undefined) return;
    const plan = { budgetCents: budgetOf(supporter, monthIndex), allocations: plans.get(wish.userId) ?? new Map() };
    plans.set(wish.userId, outcomeOf(plan, wish, input, { file, faults }));
  };
  for (const wish of input.allocations) play(fileNames.allocations, wish, 0);
  const end = Math.max(...months.map((month) => closeInstantOf(month).getTime()));
  const changes = input.changes.filter(({ at }) => at.getTime() <= end);
  for (const change of changes) {
    const monthIndex = months.indexOf(monthOf(change.at));
    // What comes between the last cutoff and its close belongs to the month after the last.
    play(fileNames.changes, change, monthIndex === -1 ? months.length : monthIndex);
  }
  return { changes, afterLastClose: input.changes.length - changes.length };
}

/**
 * What the supporter can allocate in a month, counted from 0: a renewal counts from its first instant, and, where its
 * payment fails, as an open one until the cutoff; there is none once the subscription has lapsed.
 */
function budgetOf(supporter: Supporter, monthIndex: number): Cents {
  return monthIndex > 0 && supporter.payment === 'lapsed' ? zeroCents : priceInMonth(supporter, monthIndex);
}

function outcomeOf(
  plan: Plan,
  wish: Wish,
  input: Input,
  { file, faults }: { file: string; faults: Faults },
): Plan['allocations'] {
  const decision = decide(plan, {
    userId: wish.userId,
    resource: { resourceType: wish.resourceType, resourceId: wish.resourceId },
    ownerUserId: input.resources.get(resourceName(wish))?.ownerUserId ?? null,
    usdCents: wish.usdCents,
  });
  if (decision.outcome === 'accepted') return decision.changes.reduce(evolve, plan).allocations;
  const [reason, column] = explanationOf(decision, plan.budgetCents);
  faults.add({ file, line: wish.line, column, reason });
  return plan.allocations;
}

function explanationOf(
  refusal: Extract<ReturnType<typeof decide>, { outcome: 'refused' }>,
  budgetCents: Cents,
): [reason: string, column: string] {
  if (refusal.code !== 'over_allocated') return [refusal.sentence, 'resource_id'];
  return [`it is over budget: ${refusal.availableCents} of ${budgetCents} cents are left at that moment`, 'usd_cents'];
}
