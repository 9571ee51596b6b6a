import {
  AllocationHistorySchema,
  type AllocationSummary,
  AllocationsSchema,
  ChangedAllocationsSchema,
  ObligationsSchema,
  type ResourceKey,
} from '@wewrite/contracts';
import { pathOf } from '../../../apps/cli/src/demo/api.ts';
import type { Wish } from '../deed.ts';
import type { Chance } from './chance.ts';
import type { Part } from './part.ts';
import { promised } from './promise.ts';
import { admin, person, type Scene } from './scene.ts';
import { type Work, worksIn } from './works.ts';

/** What supporters do with their plans: sensible things mostly, and what is refused. */

export const setAllocation: Part = async (scene, chance, userId) => {
  const wish = await wishOf(scene, chance, userId);
  const seen = {
    ...(chance.percent(12) ? { recipientUserId: recipientOf(scene, chance, wish.resource) } : {}),
    ...(chance.percent(12) ? { expectedVersion: await versionOf(scene, chance, userId, wish.resource) } : {}),
  };
  const body = { usdCents: wish.usdCents, ...seen };
  const answered = await scene.ask({ as: person(userId), method: 'PUT', path: allocationPath(wish.resource), body });
  scene.record({ kind: 'allocation_set', userId, wish, ...seen }, answered);
  return true;
};

export const removeAllocation: Part = async (scene, chance, userId) => {
  const { allocations } = await readPlan(scene, userId);
  const resource = allocations.length > 0 && chance.percent(90) ? chance.pick(allocations) : anyResource(scene, chance);
  await remove(scene, userId, resource);
  return true;
};

export const setTogether: Part = async (scene, chance, userId) => {
  const wishes: Wish[] = [];
  for (let left = chance.between(2, 5); left > 0; left--) wishes.push(await wishOf(scene, chance, userId));
  const changes = wishes.map(({ resource, usdCents }) => ({ ...resource, usdCents }));
  const answered = await scene.ask({
    as: person(userId),
    method: 'POST',
    path: '/v1/allocations/batch',
    body: { changes },
  });
  promised(answered.outcome === 'accepted', 'A4: a batch is answered wish by wish, and not refused as a whole.');
  const { results } = ChangedAllocationsSchema.parse(answered.body);
  const judged = wishes.map((wish, index) => {
    const result = results[index];
    promised(result !== undefined, 'A4: a batch has a result for each of its wishes.');
    if (result.outcome === 'refused') scene.census.count('refusal', result.code);
    const answer =
      result.outcome === 'refused'
        ? ({ outcome: 'refused', code: result.code } as const)
        : ({ outcome: 'accepted' } as const);
    return { ...wish, answer };
  });
  scene.record({ kind: 'allocations_set_together', userId, wishes: judged }, answered);
  return true;
};

/** Mostly the last change; one that another has followed is refused. */
export const undoChange: Part = async (scene, chance, userId) => {
  const { changes } = await scene.read(person(userId), '/v1/allocations/history', AllocationHistorySchema);
  const [last] = changes;
  if (last === undefined) return false;
  const undone = chance.percent(75) ? last : chance.pick(changes);
  const { version, resourceType, resourceId, beforeCents } = undone;
  const answered = await scene.ask({
    as: person(userId),
    method: 'POST',
    path: '/v1/allocations/undo',
    body: { version },
  });
  const wish = { resource: { resourceType, resourceId }, usdCents: beforeCents };
  scene.record({ kind: 'change_undone', userId, version, wish }, answered);
  return true;
};

export const keepPreferences: Part = async (scene, chance, userId) => {
  const incrementCents = chance.pick([1, 25, 50, 500]);
  const body = { incrementCents };
  const answered = await scene.ask({ as: person(userId), method: 'PUT', path: '/v1/preferences', body });
  scene.record({ kind: 'preferences_kept', userId, incrementCents }, answered);
  return true;
};

/** A whole plan at once: what a supporter begins with. Each wish gets a share of what is there. */
export const makePlan: Part = async (scene, chance, userId) => {
  const { summary } = await readPlan(scene, userId);
  const chosen = worksIn(scene.deeds).filter(({ ownerUserId }) => ownerUserId !== userId && chance.percent(70));
  for (const { resource } of chosen) {
    const usdCents = chance.between(1, Math.max(1, Math.floor((summary.totalCents * 3) / (2 * chosen.length))));
    await wishFor(scene, userId, { resource, usdCents });
  }
  return chosen.length > 0;
};

/** The same to each, and all that there is: with a cent less to give, who gets it is for the tie to say (A6). */
export const makeEvenPlan: Part = async (scene, _chance, userId) => {
  const { summary } = await readPlan(scene, userId);
  const others = worksIn(scene.deeds).filter(({ ownerUserId }) => ownerUserId !== userId);
  const usdCents = Math.floor(summary.totalCents / Math.max(1, others.length));
  if (others.length < 2 || usdCents === 0) return false;
  for (const { resource } of others) await wishFor(scene, userId, { resource, usdCents });
  return true;
};

/** All supporters give nothing any more to a writer, who is owed something, if one is: what is owed is carried over. */
export const forsake: Part = async (scene, _chance, anyWriterId) => {
  const { writers } = await scene.read(admin, '/v1/obligations', ObligationsSchema);
  const writerId = writers.find(({ payableCents }) => payableCents > 0)?.userId ?? anyWriterId;
  const works = worksIn(scene.deeds).filter(({ ownerUserId }) => ownerUserId === writerId);
  const supported: { readonly userId: string; readonly resource: ResourceKey }[] = [];
  for (const { userId } of scene.town.supporters) {
    const { allocations } = await readPlan(scene, userId);
    const isTheirs = ({ resource: { resourceType, resourceId } }: Work) =>
      allocations.some((one) => one.resourceType === resourceType && one.resourceId === resourceId);
    supported.push(...works.filter(isTheirs).map(({ resource }) => ({ userId, resource })));
  }
  for (const { userId, resource } of supported) await remove(scene, userId, resource);
  return supported.length > 0;
};

/** A resource as a supporter comes upon it: at times one's own, or one that nobody knows. */
export function anyResource(scene: Scene, chance: Chance): ResourceKey {
  const known = worksIn(scene.deeds);
  if (known.length === 0 || chance.percent(4)) return { resourceType: 'page', resourceId: 'nowhere' };
  return chance.pick(known).resource;
}

/** What the supporter's plan is, as the API says. */
export function readPlan(scene: Scene, userId: string) {
  return scene.read(person(userId), '/v1/allocations', AllocationsSchema);
}

/** The resource gets so many cents a month. */
export async function wishFor(scene: Scene, userId: string, wish: Wish): Promise<void> {
  const { resource, usdCents } = wish;
  const path = allocationPath(resource);
  const answered = await scene.ask({ as: person(userId), method: 'PUT', path, body: { usdCents } });
  scene.record({ kind: 'allocation_set', userId, wish }, answered);
}

async function remove(scene: Scene, userId: string, { resourceType, resourceId }: ResourceKey): Promise<void> {
  const resource = { resourceType, resourceId };
  const answered = await scene.ask({ as: person(userId), method: 'DELETE', path: allocationPath(resource) });
  scene.record({ kind: 'allocation_removed', userId, resource }, answered);
}

async function wishOf(scene: Scene, chance: Chance, userId: string): Promise<Wish> {
  const { summary } = await readPlan(scene, userId);
  return { resource: anyResource(scene, chance), usdCents: centsOf(chance, summary) };
}

function centsOf(chance: Chance, { availableCents, totalCents }: AllocationSummary): number {
  return chance.weigh([
    [chance.between(1, Math.max(1, availableCents)), 10],
    [availableCents, 3],
    [availableCents + 1, 2],
    [chance.between(0, Math.max(1, totalCents)), 6],
    [chance.between(1, 99), 4],
    [0, 2],
  ]);
}

function recipientOf(scene: Scene, chance: Chance, { resourceType, resourceId }: ResourceKey): string {
  const owned = worksIn(scene.deeds).find(
    ({ resource }) => resource.resourceType === resourceType && resource.resourceId === resourceId,
  );
  return owned === undefined || chance.percent(30) ? 'somebody else' : owned.ownerUserId;
}

async function versionOf(scene: Scene, chance: Chance, userId: string, { resourceType, resourceId }: ResourceKey) {
  const { allocations } = await readPlan(scene, userId);
  const standing = allocations.find((one) => one.resourceType === resourceType && one.resourceId === resourceId);
  return (standing?.version ?? 0) + (chance.percent(40) ? 1 : 0);
}

function allocationPath({ resourceType, resourceId }: ResourceKey): string {
  return pathOf('allocations', resourceType, resourceId);
}
