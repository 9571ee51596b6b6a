import type { ResourceKey } from '@wewrite/contracts';
import type { Deed } from '../deed.ts';

/** Something that can be supported, and whose it is now. */
export interface Work {
  readonly resource: ResourceKey;
  readonly ownerUserId: string;
}

/** What the site has made known so far, in the order in which it first did. */
export function worksIn(deeds: readonly Deed[]): Work[] {
  const works = new Map<string, Work>();
  for (const deed of deeds) {
    if (deed.kind !== 'resource_registered' || deed.answer.outcome === 'refused') continue;
    const { resource, ownerUserId } = deed;
    works.set(`${resource.resourceType}/${resource.resourceId}`, { resource, ownerUserId });
  }
  return [...works.values()];
}
