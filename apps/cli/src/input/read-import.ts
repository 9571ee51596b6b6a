import { maximumAllocations } from '@wewrite/allocations/rules';
import { type Cents, mostImportedWishes, sumCents, type UserId, zeroCents } from '@wewrite/contracts';
import { Faults, InputRefused } from './fault.ts';
import { type Resource, resourceName, type Wish } from './input.ts';
import { fileNames, type InputFiles } from './input-files.ts';
import { parseFile } from './parse-file.ts';
import { readResources, readSupporters, readWriters } from './registers.ts';
import { keepSound, refuseUnknownOwners, type WishCells, wishCells, wishOf } from './wishes.ts';

/** What an import brings in: everything that can be supported, and each supporter's wishes in the file's order. */
export interface ImportInput {
  readonly resources: readonly Resource[];
  readonly plans: ReadonlyMap<UserId, readonly Wish[]>;
  /** Supporters whose wishes exceed what they pay a month: their plans are kept, and overspent (A6). */
  readonly overspent: readonly UserId[];
}

/**
 * Checks the files of an import (A13): as those of a demo, but for two things that data from before may hold. Several
 * wishes of one supporter for one resource are taken as they are, and so is a plan above its budget. Throws an
 * {@link InputRefused} that lists the faults; nothing is changed by it.
 */
export function readImport(files: InputFiles): ImportInput {
  const faults = new Faults();
  const input = readParts(files, faults);
  if (input === null || faults.count > 0) throw new InputRefused(faults);
  return input;
}

function readParts(files: InputFiles, faults: Faults): ImportInput | null {
  const writers = readWriters(files.writers, faults);
  const resources = readResources(files.resources, faults);
  const supporters = readSupporters(files.supporters, faults);
  const rows = parseFile<WishCells>(fileNames.allocations, files.allocations, wishCells, faults);
  if (writers === null || resources === null || supporters === null || rows === null) return null;
  refuseUnknownOwners(resources, writers, faults);
  const sound = keepSound(fileNames.allocations, rows, { supporters, resources, faults });
  const wishes = sound.map(({ line, values }) => wishOf(line, values)).filter(({ usdCents }) => usdCents > 0);
  const plans = Map.groupBy(wishes, ({ userId }) => userId);
  for (const plan of plans.values()) refuseTooMany(plan, faults);
  const budgetOf = (userId: UserId): Cents => supporters.entries.get(userId)?.monthlyCents ?? zeroCents;
  const overspent = [...plans].filter(([userId, plan]) => totalOf(plan) > budgetOf(userId));
  return { resources: [...resources.entries.values()], plans, overspent: overspent.map(([userId]) => userId) };
}

function totalOf(plan: readonly Wish[]): Cents {
  return sumCents(plan.map(({ usdCents }) => usdCents));
}

/** Adds a fault for the first row that is more than a plan holds, or than one import of a plan takes. */
function refuseTooMany(plan: readonly Wish[], faults: Faults): void {
  const names = new Set<string>();
  for (const [index, wish] of plan.entries()) {
    names.add(resourceName(wish));
    const isTooMany = names.size > maximumAllocations || index >= mostImportedWishes;
    if (!isTooMany) continue;
    const reason = `it is too many: a plan has at most ${maximumAllocations} allocations, and ${mostImportedWishes} rows`;
    faults.add({ file: fileNames.allocations, line: wish.line, column: 'user_id', reason });
    return;
  }
}
