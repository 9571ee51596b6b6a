import {
  type Cents,
  cents,
  type ResourceKey,
  sumCents,
  type UserId,
  type WriterState,
  zeroCents,
} from '@wewrite/contracts';

/** A supporter's standing allocations by {@link resourceKeyOf}, against the budget (paid and open) of the running month. */
export interface Plan {
  readonly budgetCents: Cents;
  /** How many changes it has had; 0 where it is left out. */
  readonly version?: number;
  readonly allocations: ReadonlyMap<string, StandingAllocation>;
}

export interface StandingAllocation {
  readonly resource: ResourceKey;
  readonly recipientUserId: UserId;
  readonly usdCents: Cents;
  /** The plan's version as of the change that made it so. */
  readonly version: number;
  /** Whether the recipient takes support (A11). */
  readonly writerState: WriterState;
}

/** The wish to give a resource `usdCents` a month from now on; 0 removes it. */
export interface SetAllocation {
  readonly userId: UserId;
  readonly resource: ResourceKey;
  /** Who owns the resource; null when nobody has registered it. */
  readonly ownerUserId: UserId | null;
  /** Whether the owner takes support (A11); open where it is left out. */
  readonly ownerState?: WriterState;
  /** Whom the caller means to support, when the caller says so. */
  readonly recipientUserId?: UserId | undefined;
  readonly usdCents: number;
  /** The version of the allocation that the caller has seen, 0 for none; not checked where it is left out. */
  readonly expectedVersion?: number | undefined;
}

/** What happened to one allocation; `after` is null when it was removed. */
export interface PlanChange {
  readonly resource: ResourceKey;
  readonly before: StandingAllocation | null;
  readonly after: StandingAllocation | null;
}

/** An expected "no", with the plan unchanged (A4). `availableCents` comes with `over_allocated`. */
export interface PlanRefusal {
  readonly outcome: 'refused';
  readonly code: PlanRefusalCode;
  readonly sentence: string;
  readonly field?: 'usdCents' | 'recipientUserId' | 'resourceId' | 'expectedVersion';
  readonly availableCents?: Cents;
}

export type PlanRefusalCode =
  | 'invalid_request'
  | 'version_conflict'
  | 'unknown_resource'
  | 'not_owner'
  | 'self_support'
  | 'writer_closed'
  | 'too_many_allocations'
  | 'over_allocated';

/** `changes` is empty when the plan says so already. */
export type PlanDecision = { readonly outcome: 'accepted'; readonly changes: readonly PlanChange[] } | PlanRefusal;

/** A plan in numbers (A3). */
export interface PlanTotals {
  readonly totalCents: Cents;
  readonly allocatedCents: Cents;
  readonly availableCents: Cents;
  readonly overspentCents: Cents;
}

/** A plan has at most so many allocations (A4). */
export const maximumAllocations = 500;

/** The key of a resource in {@link Plan.allocations}: no type contains a `/`. */
export function resourceKeyOf(resource: ResourceKey): string {
  return `${resource.resourceType}/${resource.resourceId}`;
}

/** A plan from its allocations. */
export function planOf(budgetCents: Cents, standing: Iterable<StandingAllocation>, version = 0): Plan {
  const allocations = new Map<string, StandingAllocation>();
  for (const each of standing) allocations.set(resourceKeyOf(each.resource), each);
  return { budgetCents, version, allocations };
}

/** Decides one wish on a plan (A4, A6): what changes, or why not. */
export function decide(plan: Plan, command: SetAllocation): PlanDecision {
  const { resource, ownerUserId, usdCents } = command;
  if (!Number.isSafeInteger(usdCents) || usdCents < 0) {
    return refused('invalid_request', 'Give whole cents, 0 or more.', { field: 'usdCents' });
  }
  const before = plan.allocations.get(resourceKeyOf(resource)) ?? null;
  if (isOutdated(command, before)) {
    const sentence = 'The allocation has changed since it was read: look at what stands now, and decide again.';
    return refused('version_conflict', sentence, { field: 'expectedVersion' });
  }
  // What stands can be taken back, whatever has become of its resource.
  if (usdCents === 0 && before !== null) return changed({ resource, before, after: null });
  if (ownerUserId === null) {
    return refused('unknown_resource', 'Nothing is known under this type and id.', { field: 'resourceId' });
  }
  if (command.recipientUserId !== undefined && command.recipientUserId !== ownerUserId) {
    return refused('not_owner', 'This resource belongs to somebody else.', { field: 'recipientUserId' });
  }
  if (ownerUserId === command.userId) return refused('self_support', 'You cannot support yourself.');
  if (usdCents === 0) return unchanged;
  if (before === null && plan.allocations.size >= maximumAllocations) {
    const sentence = `A plan has at most ${maximumAllocations} allocations: remove one first.`;
    return refused('too_many_allocations', sentence);
  }
  if (before?.usdCents === usdCents && before.recipientUserId === ownerUserId) return unchanged;
  const { ownerState = 'open' } = command;
  const raisedCents = usdCents - (before?.usdCents ?? 0);
  if (ownerState !== 'open' && (raisedCents > 0 || before?.recipientUserId !== ownerUserId)) {
    return refused('writer_closed', `This writer takes no support now (${ownerState}): it can only be lowered.`);
  }
  const { availableCents } = totalsOf(plan);
  if (raisedCents > 0 && raisedCents > availableCents) return overAllocated(plan);
  const after: StandingAllocation = {
    resource,
    recipientUserId: ownerUserId,
    usdCents: cents(usdCents),
    version: versionAfter(plan),
    writerState: ownerState,
  };
  return changed({ resource, before, after });
}

/**
 * True when the caller has seen another state than what stands. A wish that says what stands already is never outdated:
 * it may be the repetition of one whose answer was lost.
 */
function isOutdated({ expectedVersion, usdCents }: SetAllocation, before: StandingAllocation | null): boolean {
  return (
    expectedVersion !== undefined && expectedVersion !== (before?.version ?? 0) && usdCents !== (before?.usdCents ?? 0)
  );
}

/** The version that the next change of a plan makes. */
export function versionAfter(plan: Plan): number {
  return (plan.version ?? 0) + 1;
}

/** A decision, and what stands for its resource after it. */
export interface DecidedWish {
  readonly resource: ResourceKey;
  readonly decision: PlanDecision;
  readonly standing: StandingAllocation | null;
}

/** Decides wishes one after another, each on the plan that those before have left; a refused one changes nothing. */
export function decideInOrder(
  plan: Plan,
  commands: readonly SetAllocation[],
): { readonly plan: Plan; readonly decided: readonly DecidedWish[] } {
  let changedPlan = plan;
  const decided = commands.map((command) => {
    const { resource } = command;
    const decision = decide(changedPlan, command);
    if (decision.outcome === 'accepted') changedPlan = decision.changes.reduce(evolve, changedPlan);
    return { resource, decision, standing: changedPlan.allocations.get(resourceKeyOf(resource)) ?? null };
  });
  return { plan: changedPlan, decided };
}

/** The plan after a change. */
export function evolve(plan: Plan, change: PlanChange): Plan {
  const allocations = new Map(plan.allocations);
  const key = resourceKeyOf(change.resource);
  if (change.after === null) allocations.delete(key);
  else allocations.set(key, change.after);
  return { ...plan, version: versionAfter(plan), allocations };
}

/** Total = allocated + available − overspent, and one of the last two is 0 (A3). */
export function totalsOf(plan: Plan): PlanTotals {
  const allocatedCents = sumCents([...plan.allocations.values()].map((allocation) => allocation.usdCents));
  return totalsFrom(plan.budgetCents, allocatedCents);
}

/** A3 from its two sides, where the allocations themselves are not at hand. */
export function totalsFrom(totalCents: Cents, allocatedCents: Cents): PlanTotals {
  const leftCents = cents(totalCents - allocatedCents);
  return {
    totalCents,
    allocatedCents,
    availableCents: leftCents > 0 ? leftCents : zeroCents,
    overspentCents: leftCents < 0 ? cents(-leftCents) : zeroCents,
  };
}

const unchanged: PlanDecision = { outcome: 'accepted', changes: [] };

function changed(change: PlanChange): PlanDecision {
  return { outcome: 'accepted', changes: [change] };
}

function refused(
  code: PlanRefusalCode,
  sentence: string,
  more: Pick<PlanRefusal, 'field' | 'availableCents'> = {},
): PlanRefusal {
  return { outcome: 'refused', code, sentence, ...more };
}

function overAllocated(plan: Plan): PlanRefusal {
  const { availableCents, overspentCents } = totalsOf(plan);
  const sentence =
    overspentCents > 0
      ? `The plan exceeds the budget by ${overspentCents} cents: only changes that lower it are accepted.`
      : `The budget has ${availableCents} cents left: allocate less, or raise the subscription.`;
  return refused('over_allocated', sentence, { field: 'usdCents', availableCents });
}
