import { appendFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { type SeedResult, SeedResultSchema } from './simulate-seeds.ts';

/**
 * What seeds have come to, a JSON line each, so that a run that was killed can be gone on with. Gives what is kept to
 * `onKept`, and gives back how to add to it. A line that a kill cut short is taken out: its seed is played again.
 */
export async function openResultsFile(
  path: string,
  onKept: (result: SeedResult) => void,
): Promise<(result: SeedResult) => void> {
  await takeWholeLines(path, onKept);
  return (result) => appendFileSync(path, `${JSON.stringify(result)}\n`);
}

async function takeWholeLines(path: string, onKept: (result: SeedResult) => void): Promise<void> {
  // Made when absent.
  const file = await open(path, 'a+');
  try {
    const { size } = await file.stat();
    let wholeBytes = 0;
    for await (const line of file.readLines({ start: 0, autoClose: false })) {
      const endsAt = wholeBytes + Buffer.byteLength(line) + 1;
      if (endsAt > size) break;
      onKept(SeedResultSchema.parse(JSON.parse(line)));
      wholeBytes = endsAt;
    }
    await file.truncate(wholeBytes);
  } finally {
    await file.close();
  }
}
