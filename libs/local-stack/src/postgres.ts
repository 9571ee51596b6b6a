import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { refuseInProduction } from './config.ts';
import { lockDirectory } from './directory-lock.ts';
import type { Log } from './log.ts';
import { findPostgresBinaries, postgresAccount } from './postgres-binaries.ts';
import { choosePostgresDirectory } from './postgres-directory.ts';
import { adminUrl, launchPostgres, launchPostgresOn, type PostgresCluster } from './postgres-server.ts';
import { type Account, logTail, startChild } from './process.ts';
import { endRecordedProcess } from './process-record.ts';
import { type RestartableChild, restartable } from './restartable-child.ts';

/** Where and how the embedded PostgreSQL runs. */
export interface EmbeddedPostgresOptions {
  /** For data, password and log; made when absent. Where the server's account cannot enter it, another is chosen. */
  readonly directory: string;
  /** Preferred port of 127.0.0.1, stepped over when taken; without it any free one. */
  readonly port?: number;
  /** Whether data of an earlier run is kept; otherwise it is removed at start and at `stop()`. */
  readonly persistent: boolean;
  /** `false` is faster, and loses data when the machine (not the process) fails. */
  readonly fsync: boolean;
  /**
   * Whether it may save work as only tests can bear it: a crash of the server loses data, and it is reached over a Unix
   * socket among the data, where nobody comes but the server's account and root, and which asks for no password. Where the
   * system allows no path as long as the directory's, it is loopback all the same.
   */
  readonly forTests?: boolean;
  readonly log: Log;
}

/** A running PostgreSQL 18 on 127.0.0.1. */
export interface EmbeddedPostgres extends RestartableChild {
  /** The superuser's URL, with a password; not for logs. It stays the same over `restart()`, as the data do. */
  readonly adminUrl: string;
  readonly port: number;
  /** Where data and log are: the directory asked for, or the one chosen in its place. */
  readonly directory: string;
  /** Ends the server (open sessions are cut off) and gives the directory free. */
  stop(): Promise<void>;
}

/**
 * Starts PostgreSQL from the npm package's programs. It ends with this process, however this process ends; what a
 * killed run left in the directory (a server, a lock file, half-made data) is cleared away first. Throws when another
 * living process uses the directory, when the data is of another PostgreSQL version, and when the server does not start.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  refuseInProduction('The embedded PostgreSQL');
  const account = postgresAccount(options.log);
  const directory = choosePostgresDirectory(options.directory, account, options.persistent, options.log);
  const busy = `${directory} is in use by another running process: stop that one first.`;
  const lock = await lockDirectory(directory, 5_000, busy);
  try {
    const cluster = await prepareCluster(directory, account, options);
    const { child, port } = await launchPostgres(cluster, options.port);
    const server = restartable(child, () => launchPostgresOn(cluster, port));
    return {
      adminUrl: adminUrl(cluster, port),
      port,
      directory,
      get pid() {
        return server.pid;
      },
      onExit: server.onExit,
      restart: server.restart,
      stop: async () => {
        await server.stop();
        if (!options.persistent) rmSync(cluster.data, { recursive: true, force: true });
        lock.release();
      },
    };
  } catch (error) {
    lock.release();
    throw error;
  }
}

async function prepareCluster(
  directory: string,
  account: Account | undefined,
  { persistent, fsync, forTests = false, log }: EmbeddedPostgresOptions,
): Promise<PostgresCluster> {
  const binaries = findPostgresBinaries(account, log);
  const data = join(directory, 'data');
  const logFile = join(directory, 'postgres.log');
  const recordFile = join(directory, 'postgres.json');
  await endRecordedProcess(recordFile);
  rmSync(logFile, { force: true });
  if (!persistent) rmSync(data, { recursive: true, force: true });
  const socketDirectory = forTests && fitsSocket(data) ? data : null;
  const cluster = { directory, data, logFile, recordFile, binaries, account, fsync, forTests, socketDirectory };
  if (!existsSync(data)) return { ...cluster, password: await initialise(cluster) };
  const version = readFileSync(join(data, 'PG_VERSION'), 'utf8').trim();
  if (version !== '18') throw new Error(`${data} is of PostgreSQL ${version}, this is 18: move it away or remove it.`);
  // We hold the directory and its last server is gone, so a lock file that is still there tells of a dead process. Its
  // id may be another's by now, which PostgreSQL would take for a living server.
  rmSync(join(data, 'postmaster.pid'), { force: true });
  return { ...cluster, password: readFileSync(join(directory, 'password'), 'utf8').trim() };
}

/** Makes the data beside its place and moves it there last: data that is there is whole. Returns the new password. */
async function initialise(cluster: Omit<PostgresCluster, 'password'>): Promise<string> {
  const unfinished = join(cluster.directory, 'data.unfinished');
  const passwordFile = join(cluster.directory, 'password');
  const password = randomBytes(24).toString('base64url');
  rmSync(unfinished, { recursive: true, force: true });
  rmSync(passwordFile, { force: true });
  writeFileSync(passwordFile, `${password}\n`, { mode: 0o600 });
  mkdirSync(unfinished, { mode: 0o700 });
  if (cluster.account !== undefined) {
    for (const path of [unfinished, passwordFile]) chownSync(path, cluster.account.uid, cluster.account.gid);
  }
  const child = await startChild({
    command: cluster.binaries.initdb,
    commandArguments: [
      ...[`--pgdata=${unfinished}`, '--encoding=UTF8', '--locale=C', '--username=postgres'],
      ...['--auth-host=scram-sha-256', `--auth-local=${cluster.socketDirectory === null ? 'scram-sha-256' : 'trust'}`],
      ...[`--pwfile=${passwordFile}`, ...(cluster.fsync ? [] : ['--no-sync'])],
    ],
    logFile: cluster.logFile,
    recordFile: cluster.recordFile,
    account: cluster.account,
  });
  const { code, signal } = await child.waitForExit();
  if (code !== 0) throw new Error(`initdb ended with ${code ?? signal}:\n${logTail(cluster.logFile)}`);
  rmSync(cluster.recordFile, { force: true });
  renameSync(unfinished, cluster.data);
  return password;
}

/** The shortest of the systems' limits to a socket's path, its final zero included. */
const longestSocketPath = 104;

function fitsSocket(directory: string): boolean {
  return Buffer.byteLength(join(directory, '.s.PGSQL.65535')) < longestSocketPath;
}
