import { randomUUID } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { endRecordedProcess } from './process-record.ts';

/** A directory that only this process uses. The system gives it free when the process ends, however it ends. */
export interface DirectoryLock {
  release(): void;
}

/** Open locks: one that is collected as garbage would be closed, and so given free. */
const held = new Set<DatabaseSync>();

/**
 * Locks a directory that exists; `null` when another holder has it. Node has no file locks of its own, SQLite's are
 * the operating system's: unlike a file with a process id, they cannot be left behind by a killed process.
 */
export function tryLockDirectory(directory: string): DirectoryLock | null {
  const database = new DatabaseSync(join(directory, 'lock'), { timeout: 0 });
  try {
    database.exec('begin exclusive');
  } catch (error) {
    database.close();
    if (isBusy(error)) return null;
    throw error;
  }
  held.add(database);
  return {
    release: () => {
      if (held.delete(database)) database.close();
    },
  };
}

/** Asked by shape, not by class: under Jest the error comes from another realm. */
function isBusy(error: unknown): boolean {
  const sqliteBusy = 5;
  return typeof error === 'object' && error !== null && 'errcode' in error && error.errcode === sqliteBusy;
}

/** Locks a directory, waiting for its holder up to `deadlineMs`; throws `busy` after that. */
export async function lockDirectory(directory: string, deadlineMs: number, busy: string): Promise<DirectoryLock> {
  const endsAt = performance.now() + deadlineMs;
  for (;;) {
    const lock = tryLockDirectory(directory);
    if (lock !== null) return lock;
    if (performance.now() > endsAt) throw new Error(busy);
    await delay(50);
  }
}

/**
 * A new locked directory in `parent`, for one process's life, with a directory in it for each part. What processes that
 * were killed left in `parent` is cleared away first: their directories are there and no longer locked.
 */
export async function claimScratchDirectory(parent: string): Promise<{ directory: string; remove(): void }> {
  mkdirSync(parent, { recursive: true });
  // One process at a time, so that none sweeps another's directory away between its making and its locking.
  const guard = await lockDirectory(parent, 60_000, `${parent} has been locked by another process for a minute.`);
  try {
    await sweep(parent);
    const directory = join(parent, randomUUID());
    mkdirSync(directory);
    const lock = tryLockDirectory(directory);
    if (lock === null) throw new Error(`${directory} was taken by another process as soon as it was made.`);
    return {
      directory,
      remove: () => {
        // Locked until it is gone, so that nobody's sweep takes it for abandoned meanwhile.
        rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
        lock.release();
      },
    };
  } finally {
    guard.release();
  }
}

/** Ends the servers that are recorded one level down and removes what nobody holds any more. */
async function sweep(parent: string): Promise<void> {
  for (const abandoned of directoriesIn(parent)) {
    try {
      await clearAway(abandoned);
    } catch (error) {
      // Who has listed a directory may find it gone: its owner has removed it in this moment.
      if (existsSync(abandoned)) throw error;
    }
  }
}

/** Leaves alone what somebody holds. */
async function clearAway(directory: string): Promise<void> {
  const lock = tryLockDirectory(directory);
  if (lock === null) return;
  try {
    for (const part of directoriesIn(directory)) {
      const records = readdirSync(part).filter((file) => file.endsWith('.json'));
      for (const record of records) await endRecordedProcess(join(part, record));
    }
    rmSync(directory, { recursive: true, force: true, maxRetries: 10 });
  } finally {
    lock.release();
  }
}

function directoriesIn(parent: string): string[] {
  const entries = readdirSync(parent, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => join(parent, entry.name));
}
