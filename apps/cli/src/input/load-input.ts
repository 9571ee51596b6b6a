import type { Month } from '@wewrite/contracts';
import { Faults, InputRefused } from './fault.ts';
import type { Input } from './input.ts';
import { type InputFiles, readInputFiles } from './input-files.ts';
import { readInput } from './read-input.ts';
import { type Replayed, replay } from './replay.ts';

/** A community that can be played: `changes` are those that will be sent. */
export interface CheckedInput extends Input {
  readonly afterLastClose: Replayed['afterLastClose'];
}

/** Reads and checks a directory of files. Throws an {@link InputRefused} that lists the faults; nothing is changed by it. */
export async function loadInput(directory: string, months: readonly [Month, ...Month[]]): Promise<CheckedInput> {
  return checkInput(await readInputFiles(directory), months);
}

/** As {@link loadInput}, with the files' bytes at hand. */
export function checkInput(files: InputFiles, months: readonly [Month, ...Month[]]): CheckedInput {
  const faults = new Faults();
  const input = readInput(files, months[0], faults);
  const replayed = input === null ? null : replay(input, months, faults);
  if (input === null || replayed === null || faults.count > 0) throw new InputRefused(faults);
  return { ...input, ...replayed };
}
