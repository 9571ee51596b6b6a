import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Faults, InputRefused } from './fault.ts';

/** The files that describe a community. */
export const fileNames = {
  writers: 'writers.csv',
  resources: 'resources.csv',
  supporters: 'supporters.csv',
  allocations: 'allocations.csv',
  changes: 'changes.csv',
  events: 'events.csv',
} as const;

/** The bytes of each file; `null` for changes and events where there are none. */
export interface InputFiles {
  readonly writers: Buffer;
  readonly resources: Buffer;
  readonly supporters: Buffer;
  readonly allocations: Buffer;
  readonly changes: Buffer | null;
  readonly events: Buffer | null;
}

/** Reads the files of a directory. Throws an {@link InputRefused} when one that has to be there cannot be read. */
export async function readInputFiles(directory: string): Promise<InputFiles> {
  const faults = new Faults();
  const optional: readonly string[] = [fileNames.changes, fileNames.events];
  const read = (file: string) =>
    readFile(join(directory, file)).catch((error: NodeJS.ErrnoException) => {
      const absent = error.code === 'ENOENT';
      if (optional.includes(file) && absent) return null;
      const reason = absent ? `there is no such file in ${directory}` : `it cannot be read: ${error.message}`;
      faults.add({ file, line: null, column: null, reason });
      return null;
    });
  const writers = await read(fileNames.writers);
  const resources = await read(fileNames.resources);
  const supporters = await read(fileNames.supporters);
  const allocations = await read(fileNames.allocations);
  const changes = await read(fileNames.changes);
  const events = await read(fileNames.events);
  if (writers === null || resources === null || supporters === null || allocations === null || faults.count > 0) {
    throw new InputRefused(faults);
  }
  return { writers, resources, supporters, allocations, changes, events };
}
