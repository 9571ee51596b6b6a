import { firstInstantOf, type Month } from '@wewrite/contracts';
import type { Faults } from './fault.ts';
import { parseInstant } from './fields.ts';
import type { Change, Input } from './input.ts';
import { fileNames, type InputFiles } from './input-files.ts';
import { type ParsedRow, parseFile } from './parse-file.ts';
import { readEvents } from './read-events.ts';
import { readResources, readSupporters, readWriters, refuseDuplicates } from './registers.ts';
import { keepSound, refuseUnknownOwners, type WishCells, wishCells, wishOf } from './wishes.ts';

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

function refuseBefore(firstMonth: Month, changes: readonly ParsedRow<{ readonly at: Date }>[], faults: Faults): void {
  const first = firstInstantOf(firstMonth);
  for (const { line, values, cells } of changes) {
    if (values === null || values.at >= first) continue;
    const reason = `${cells.at} is before the first month, which begins at ${first.toISOString()}`;
    faults.add({ file: fileNames.changes, line, column: 'at', reason });
  }
}
