import type { UserId } from '@wewrite/contracts';
import type { Faults } from './fault.ts';
import { parseCents, parseId, parseResourceType, parseUserId, shown } from './fields.ts';
import { type Resource, resourceName, type Supporter, type Wish, type Writer } from './input.ts';
import { fileNames } from './input-files.ts';
import type { ParsedRow } from './parse-file.ts';
import type { Register } from './registers.ts';

/** The columns of a wish. */
export interface WishCells {
  readonly user_id: UserId;
  readonly resource_type: Wish['resourceType'];
  readonly resource_id: string;
  readonly usd_cents: Wish['usdCents'];
}

/** How they are read. */
export const wishCells = {
  user_id: parseUserId,
  resource_type: parseResourceType,
  resource_id: parseId,
  usd_cents: parseCents,
};

/** Adds a fault for each resource whose owner is no writer. */
export function refuseUnknownOwners(
  resources: Register<string, Resource>,
  writers: Register<UserId, Writer>,
  faults: Faults,
): void {
  for (const [name, { ownerUserId }] of resources.entries) {
    if (writers.written.has(ownerUserId)) continue;
    faults.add({
      file: fileNames.resources,
      line: resources.lines.get(name) ?? null,
      column: 'owner_user_id',
      reason: `${shown(ownerUserId)} is an unknown user: an owner has to be in ${fileNames.writers}`,
    });
  }
}

/** The rows whose supporter and resource exist and are not the same person's (A4); the others become faults. */
export function keepSound<Values extends WishCells>(
  file: string,
  rows: readonly ParsedRow<Values>[],
  known: { supporters: Register<UserId, Supporter>; resources: Register<string, Resource>; faults: Faults },
): { line: number; values: Values }[] {
  const { supporters, resources, faults } = known;
  return rows.flatMap(({ line, values }) => {
    if (values === null) return [];
    const refuse = (column: string, reason: string) => faults.add({ file, line, column, reason });
    const userId = values.user_id;
    const name = resourceName({ resourceType: values.resource_type, resourceId: values.resource_id });
    const owner = resources.entries.get(name)?.ownerUserId;
    if (!supporters.written.has(userId)) {
      refuse('user_id', `${shown(userId)} is an unknown user: who allocates has to be in ${fileNames.supporters}`);
    }
    if (!resources.written.has(name)) {
      refuse('resource_id', `${shown(name)} is an unknown resource: it is not in ${fileNames.resources}`);
    }
    if (owner === userId)
      refuse('resource_id', `${shown(name)} belongs to ${shown(userId)}: nobody supports themselves`);
    return supporters.entries.has(userId) && owner !== undefined && owner !== userId ? [{ line, values }] : [];
  });
}

/** A row of wishes as a wish. */
export function wishOf(line: number, values: WishCells): Wish {
  return {
    line,
    userId: values.user_id,
    resourceType: values.resource_type,
    resourceId: values.resource_id,
    usdCents: values.usd_cents,
  };
}
