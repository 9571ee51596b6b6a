// What supporters wish: the allocations that stand, by the answers that they got, and what the rules let stand (A1–A6, A11).
import type { ProblemCode, ResourceKey, WriterState } from '@wewrite/contracts';
import type { PlannedWish, Wish } from '../deed.ts';
import { sumOf } from './arithmetic.ts';

/** What a supporter gives a resource a month, and who receives it. */
export interface Standing extends Wish {
  readonly recipientUserId: string;
}

/** By which change of the plan an allocation stands, and in which state its supporter knows the writer to be. */
export interface Kept extends Standing {
  readonly version: number;
  readonly toldState: WriterState;
}

/** A planned change, and whom it means to support. `begun` is a span that runs. */
export interface Schedule {
  readonly id: string;
  readonly planned: PlannedWish;
  readonly recipientUserId: string;
  state: 'planned' | 'begun';
}

/** A change of one resource, which its supporter may take back. */
export interface PlanChange {
  readonly version: number;
  readonly resource: ResourceKey;
  readonly beforeCents: number;
  hasEndedSpan: boolean;
}

/** What a schedule came to that is planned no more, and does not run as a span. */
export type Outcome = 'begun' | 'ended' | 'did_not_fit' | 'removed';

/** A supporter's plan; schedules are in the order in which they were made, `over` says what became of the others. */
export interface Plan {
  readonly standing: Map<string, Kept>;
  schedules: readonly Schedule[];
  readonly over: Map<string, Outcome>;
  readonly changes: PlanChange[];
  /** How many changes there were, and how often the supporter was told of a writer. */
  version: number;
}

/** What WeWrite's site has told: whose a resource is, by its name, and who takes no support. */
export interface Site {
  readonly owners: Map<string, string>;
  readonly writerStates: Map<string, WriterState>;
}

/** A wish as a request may put it: with whom it means, and the version that was seen. */
export interface Request extends Wish {
  readonly recipientUserId?: string;
  readonly expectedVersion?: number;
}

/** Nothing stands, and nothing ever did. */
export function emptyPlan(): Plan {
  return { standing: new Map(), schedules: [], over: new Map(), changes: [], version: 0 };
}

/** A plan of its own, to try something on. */
export function copyOf({ standing, schedules, over, changes, version }: Plan): Plan {
  return {
    standing: new Map(standing),
    schedules: schedules.map((schedule) => ({ ...schedule })),
    over: new Map(over),
    changes: [...changes],
    version,
  };
}

/** The name of a resource: no type contains a space. */
export function nameOf({ resourceType, resourceId }: ResourceKey): string {
  return `${resourceType} ${resourceId}`;
}

/** What stands for a resource. */
export function centsOf(plan: Plan, resource: ResourceKey): number {
  return plan.standing.get(nameOf(resource))?.usdCents ?? 0;
}

/** Whether just that stands already. */
export function isStanding(plan: Plan, { resource, usdCents, recipientUserId }: Standing): boolean {
  const standing = plan.standing.get(nameOf(resource));
  return usdCents === (standing?.usdCents ?? 0) && (usdCents === 0 || standing?.recipientUserId === recipientUserId);
}

/** Lets an amount stand; 0 removes it. What its supporter knows of the writer stays known while the writer is the same. */
export function stand(plan: Plan, { resource, usdCents, recipientUserId }: Standing): PlanChange {
  const name = nameOf(resource);
  const before = plan.standing.get(name);
  plan.version += 1;
  const { version } = plan;
  const toldState = before?.recipientUserId === recipientUserId ? before.toldState : 'open';
  if (usdCents === 0) plan.standing.delete(name);
  else plan.standing.set(name, { resource, usdCents, recipientUserId, version, toldState });
  const change = { version, resource, beforeCents: before?.usdCents ?? 0, hasEndedSpan: false };
  plan.changes.push(change);
  return change;
}

/** What each schedule has come to, by its id. */
export function statesOf({ schedules, over }: Plan): Map<string, 'planned' | Outcome> {
  return new Map<string, 'planned' | Outcome>([...schedules.map(({ id, state }) => [id, state] as const), ...over]);
}

/** Ends a schedule; one that has ended stays as it is. */
export function endSchedule(plan: Plan, scheduleId: string, outcome: Outcome): void {
  const left = plan.schedules.filter(({ id }) => id !== scheduleId);
  if (left.length === plan.schedules.length) return;
  plan.schedules = left;
  plan.over.set(scheduleId, outcome);
}

/** A11: the supporter is told what has become of a writer, allocation by allocation, which makes each a version newer. */
export function tell(plan: Plan, writerId: string, toldState: WriterState): void {
  for (const name of [...plan.standing.keys()].sort()) {
    const kept = plan.standing.get(name);
    if (kept === undefined || kept.recipientUserId !== writerId || kept.toldState === toldState) continue;
    plan.version += 1;
    plan.standing.set(name, { ...kept, toldState, version: plan.version });
  }
}

/** Why a wish cannot stand (A4, A6, A11), or null. */
export function mayStand(
  plan: Plan,
  site: Site,
  { userId, wish, budgetCents }: { userId: string; wish: Request; budgetCents: number },
): ProblemCode | null {
  const name = nameOf(wish.resource);
  const before = plan.standing.get(name);
  const isOutdated = wish.expectedVersion !== undefined && wish.expectedVersion !== (before?.version ?? 0);
  if (isOutdated && wish.usdCents !== (before?.usdCents ?? 0)) return 'version_conflict';
  if (wish.usdCents === 0 && before !== undefined) return null;
  const owner = site.owners.get(name);
  if (owner === undefined) return 'unknown_resource';
  if (wish.recipientUserId !== undefined && wish.recipientUserId !== owner) return 'not_owner';
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
