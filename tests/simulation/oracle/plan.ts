// What supporters wish: the allocations that stand, by the answers that they got, and what the rules let stand (A1–A6, A11).
import type { ProblemCode, ResourceKey, WriterState } from '@wewrite/contracts';
import type { PlannedWish, Wish } from '../deed.ts';
import { sumOf } from './arithmetic.ts';

/** What a supporter gives a resource a month, and who receives it. */
export interface Standing extends Wish {
  readonly recipientUserId: string;
}

/** A planned change. `begun` is a span that runs; what is over is forgotten. */
export interface Schedule {
  readonly id: string;
  readonly planned: PlannedWish;
  state: 'planned' | 'begun';
}

/** A supporter's plan; schedules are in the order in which they were made. */
export interface Plan {
  readonly standing: Map<string, Standing>;
  schedules: Schedule[];
}

/** What WeWrite's site has told: whose a resource is, by its name, and who takes no support. */
export interface Site {
  readonly owners: Map<string, string>;
  readonly writerStates: Map<string, WriterState>;
}

/** The name of a resource: no type contains a space. */
export function nameOf({ resourceType, resourceId }: ResourceKey): string {
  return `${resourceType} ${resourceId}`;
}

/** What stands for a resource. */
export function centsOf(plan: Plan, resource: ResourceKey): number {
  return plan.standing.get(nameOf(resource))?.usdCents ?? 0;
}

/** Lets an amount stand; 0 removes it. */
export function stand(plan: Plan, standing: Standing): void {
  if (standing.usdCents === 0) plan.standing.delete(nameOf(standing.resource));
  else plan.standing.set(nameOf(standing.resource), standing);
}

/** Why a wish cannot stand (A4, A6, A11), or null. */
export function mayStand(
  plan: Plan,
  site: Site,
  { userId, wish, budgetCents }: { userId: string; wish: Wish; budgetCents: number },
): ProblemCode | null {
  const name = nameOf(wish.resource);
  const before = plan.standing.get(name);
  if (wish.usdCents === 0 && before !== undefined) return null;
  const owner = site.owners.get(name);
  if (owner === undefined) return 'unknown_resource';
  if (owner === userId) return 'self_support';
  if (wish.usdCents === 0) return null;
  if (before === undefined && plan.standing.size >= 500) return 'too_many_allocations';
  const raisedCents = wish.usdCents - (before?.usdCents ?? 0);
  const isSame = raisedCents === 0 && before?.recipientUserId === owner;
  if (isSame) return null;
  const isOpen = (site.writerStates.get(owner) ?? 'open') === 'open';
  if (!isOpen && (raisedCents > 0 || before?.recipientUserId !== owner)) return 'writer_closed';
  const allocatedCents = sumOf([...plan.standing.values()].map(({ usdCents }) => usdCents));
  return raisedCents > 0 && allocatedCents + raisedCents > budgetCents ? 'over_allocated' : null;
}
