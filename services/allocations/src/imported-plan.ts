import { type Cents, cents, type ResourceKey, sumCents, type UserId, type WriterState } from '@wewrite/contracts';
import type { ImportState } from './db.ts';
import { maximumAllocations, type PlanChange, type PlanRefusal, resourceKeyOf } from './plan.ts';

/** What a supporter wished before this system. */
export interface ImportedWish {
  readonly resource: ResourceKey;
  readonly usdCents: Cents;
}

/** What the wishes of an import are decided by. */
export interface ImportedInto {
  readonly userId: UserId;
  /** How many changes the plan has had, and how many allocations stand. */
  readonly version: number;
  readonly standing: number;
  /** By resource, as {@link resourceKeyOf} writes it: those that are registered. */
  readonly resources: ReadonlyMap<string, ImportedResource>;
}

export interface ImportedResource {
  readonly ownerUserId: UserId;
  readonly ownerState: WriterState;
  /** Whether the supporter's allocation to it has ever been changed here. */
  readonly isChanged: boolean;
}

/** What becomes of each wish, in their order, and what changes in the plan; or why none of them is taken. */
export type ImportDecision =
  | {
      readonly outcome: 'accepted';
      readonly states: readonly ImportState[];
      readonly changes: readonly PlanChange[];
    }
  | PlanRefusal;

/**
 * Decides a supporter's imported wishes (A13). One that is alone for its resource enters; duplicates wait until somebody
 * has them merged; what the supporter has changed here is newer than any of them. The budget is not asked: a plan that
 * exceeds it is kept (A6), and so are wishes for a writer who takes no support now (A11).
 */
export function decideImport(into: ImportedInto, wishes: readonly ImportedWish[]): ImportDecision {
  const groups = Map.groupBy(wishes, ({ resource }) => resourceKeyOf(resource));
  const refusal = wishes.map((wish) => refusalOf(into, wish)).find((one) => one !== null);
  if (refusal !== undefined) return refusal;
  if (into.standing + groups.size > maximumAllocations) {
    const sentence = `A plan has at most ${maximumAllocations} allocations, and this one would have more.`;
    return { outcome: 'refused', code: 'too_many_allocations', sentence };
  }
  const states = wishes.map(({ resource }): ImportState => {
    const key = resourceKeyOf(resource);
    if (into.resources.get(key)?.isChanged === true) return 'superseded';
    return groups.get(key)?.length === 1 ? 'entered' : 'duplicate';
  });
  return {
    outcome: 'accepted',
    states,
    changes: changesOf(
      into,
      wishes.filter((_, index) => states[index] === 'entered'),
    ),
  };
}

/**
 * Decides duplicates: those of one resource become one allocation of their sum, which is what the old system counted of
 * the supporter's money, so that no cent of a wish is lost or invented.
 */
export function decideMerge(
  into: ImportedInto,
  duplicates: readonly ImportedWish[],
): Extract<ImportDecision, { outcome: 'accepted' }> {
  const isChanged = ({ resource }: ImportedWish) => into.resources.get(resourceKeyOf(resource))?.isChanged === true;
  const groups = Map.groupBy(duplicates, ({ resource }) => resourceKeyOf(resource));
  const merged = [...groups.values()].flatMap((group): ImportedWish[] => {
    const [first] = group;
    if (first === undefined || isChanged(first)) return [];
    return [{ resource: first.resource, usdCents: sumCents(group.map(({ usdCents }) => usdCents)) }];
  });
  const states = duplicates.map((wish): ImportState => (isChanged(wish) ? 'superseded' : 'merged'));
  return { outcome: 'accepted', states, changes: changesOf(into, merged) };
}

function refusalOf({ resources, userId }: ImportedInto, { resource }: ImportedWish): PlanRefusal | null {
  const owner = resources.get(resourceKeyOf(resource))?.ownerUserId;
  const named = `${resource.resourceType} ${resource.resourceId}`;
  if (owner === undefined) {
    const sentence = `Nothing is known of ${named}: register it first.`;
    return { outcome: 'refused', code: 'unknown_resource', sentence, field: 'resourceId' };
  }
  if (owner !== userId) return null;
  return { outcome: 'refused', code: 'self_support', sentence: `${named} belongs to the supporter.` };
}

function changesOf({ version, resources }: ImportedInto, wishes: readonly ImportedWish[]): PlanChange[] {
  return wishes.flatMap(({ resource, usdCents }, index): PlanChange[] => {
    const known = resources.get(resourceKeyOf(resource));
    if (known === undefined) return [];
    const after = {
      resource,
      recipientUserId: known.ownerUserId,
      usdCents: cents(usdCents),
      version: version + 1 + index,
      writerState: known.ownerState,
    };
    return [{ resource, before: null, after }];
  });
}
