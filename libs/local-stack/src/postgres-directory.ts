import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Log } from './log.ts';
import { canEnter } from './postgres-binaries.ts';
import type { Account } from './process.ts';

/**
 * The directory asked for, made if absent; or, when the server's account cannot enter it (root's checkout below a
 * private home), one with a name made from it among the temporary files: in `/var/tmp`, which survives a restart of
 * the machine, for data that is to be kept.
 */
export function choosePostgresDirectory(
  wanted: string,
  account: Account | undefined,
  persistent: boolean,
  log: Log,
): string {
  const directory = resolve(wanted);
  mkdirSync(directory, { recursive: true });
  if (canEnter(directory, account)) return directory;
  const candidates = persistent ? ['/var/tmp', tmpdir(), '/tmp'] : [tmpdir(), '/tmp', '/var/tmp'];
  const parent = candidates.find((candidate) => existsSync(candidate) && canEnter(candidate, account));
  if (parent === undefined)
    throw new Error(`The user postgres can enter neither ${directory} nor ${candidates.join(', ')}.`);
  const hash = createHash('sha256').update(directory).digest('hex').slice(0, 12);
  const chosen = join(parent, `wewrite-${basename(directory)}-${hash}`);
  mkdirSync(chosen, { recursive: true, mode: 0o755 });
  // The name can be guessed, and everybody may write into the parent: what is there must be ours.
  const found = lstatSync(chosen);
  if (!found.isDirectory() || found.uid !== process.getuid?.()) throw new Error(`${chosen} is not ours: remove it.`);
  log(`The user postgres cannot enter ${directory}: PostgreSQL keeps its data in ${chosen}.`);
  return chosen;
}
