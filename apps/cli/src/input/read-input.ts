import { firstInstantOf, type Month, type UserId } from '@wewrite/contracts';
import type { Faults } from './fault.ts';
import { parseCents, parseId, parseInstant, parseResourceType, parseUserId, shown } from './fields.ts';
import {
  type Change,
  type Input,
  type Resource,
  resourceName,
  type Supporter,
  type Wish,
  type Writer,
} from './input.ts';
import { fileNames, type InputFiles } from './input-files.ts';
import { type ParsedRow, parseFile } from './parse-file.ts';
import { readEvents } from './read-events.ts';
import { type Register, readResources, readSupporters, readWriters, refuseDuplicates } from './registers.ts';

interface WishCells {
  readonly user_id: UserId;
  readonly resource_type: Wish['resourceType'];
  readonly resource_id: string;
  readonly usd_cents: Wish['usdCents'];
}

const wishCells = {
  user_id: parseUserId,
  resource_type: parseResourceType,
  resource_id: parseId,
  usd_cents: parseCents,
};

/**
 * Checks every row of every file and what the files say of each other; budgets are judged by `replay`. Faults are
 * collected; what is without fault comes back. `null` when a file is no table, so that the rest cannot be judged.
 */
export function readInput(bytes: InputFiles, firstMonth: Month, faults: Faults): Input | null {
  const writers = readWriters(bytes.writers, faults);
  const resources = readResources(bytes.resources, faults);
  const supporters = readSupporters(bytes.supporters, faults);
  const allocations = parseFile<WishCells>(fileNames.allocations, bytes.allocations, wishCells, faults);
  const changes = readChanges(bytes.changes, faults);
  if (writers === null || resources === null || supporters === null || allocations === null || changes === null) {
    return null;
  }
  const users = { supporter: supporters.written, writer: writers.written };
  const events = readEvents(bytes.events, firstMonth, users, faults);
  if (events === null) return null;
  refuseUnknownOwners(resources, writers, faults);
  refuseDuplicates(fileNames.allocations, allocations, ['user_id', 'resource_type', 'resource_id'], faults);
  refuseBefore(firstMonth, changes, faults);
  const known = { supporters, resources, faults };
  return {
    writers: writers.entries,
    resources: resources.entries,
    supporters: supporters.entries,
    allocations: keepSound(fileNames.allocations, allocations, known).map(({ line, values }) => wishOf(line, values)),
    changes: keepSound(fileNames.changes, changes, known)
      .map(({ line, values }): Change => ({ ...wishOf(line, values), at: values.at }))
      .sort((a, b) => a.at.getTime() - b.at.getTime() || a.line - b.line),
    events,
  };
}

function readChanges(bytes: Buffer | null, faults: Faults): ParsedRow<WishCells & { readonly at: Date }>[] | null {
  if (bytes === null) return [];
  return parseFile<WishCells & { at: Date }>(fileNames.changes, bytes, { at: parseInstant, ...wishCells }, faults);
}

function refuseUnknownOwners(
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
function keepSound<Values extends WishCells>(
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

function refuseBefore(firstMonth: Month, changes: readonly ParsedRow<{ readonly at: Date }>[], faults: Faults): void {
  const first = firstInstantOf(firstMonth);
  for (const { line, values, cells } of changes) {
    if (values === null || values.at >= first) continue;
    const reason = `${cells.at} is before the first month, which begins at ${first.toISOString()}`;
    faults.add({ file: fileNames.changes, line, column: 'at', reason });
  }
}

function wishOf(line: number, values: WishCells): Wish {
  return {
    line,
    userId: values.user_id,
    resourceType: values.resource_type,
    resourceId: values.resource_id,
    usdCents: values.usd_cents,
  };
}
