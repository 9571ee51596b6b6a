import { freePort, isTaken } from './ports.ts';
import type { PostgresBinaries } from './postgres-binaries.ts';
import { type Account, type Child, logTail, startChild } from './process.ts';
import { withClient } from './sql.ts';
import { until } from './until.ts';

/** A made cluster, ready to be served. */
export interface PostgresCluster {
  readonly directory: string;
  readonly data: string;
  readonly logFile: string;
  readonly recordFile: string;
  readonly password: string;
  readonly binaries: PostgresBinaries;
  readonly account: Account | undefined;
  readonly fsync: boolean;
  readonly forTests: boolean;
  /** Where its Unix socket is; null for none. */
  readonly socketDirectory: string | null;
}

/** The superuser's URL of the cluster: over its socket, where it has one. */
export function adminUrl(cluster: PostgresCluster, port: number): string {
  const url = new URL(`postgres://postgres:${cluster.password}@127.0.0.1:${port}/postgres`);
  if (cluster.socketDirectory !== null) url.searchParams.set('host', cluster.socketDirectory);
  return url.href;
}

/** Starts the server on the preferred port or the next free one, and waits until it answers. */
export async function launchPostgres(
  cluster: PostgresCluster,
  preferredPort: number | undefined,
): Promise<{ child: Child; port: number }> {
  let preferred = preferredPort;
  for (let attempt = 1; ; attempt++) {
    const port = await freePort(preferred);
    try {
      return { child: await launchPostgresOn(cluster, port), port };
    } catch (error) {
      // Between our look and the server's another process may have taken the port.
      if (attempt === 5 || !(await isTaken(port))) throw error;
      preferred = preferredPort === undefined ? undefined : port + 1;
    }
  }
}

/** Starts the server on exactly this port and waits until it answers; throws with the end of its log if it ends before. */
export async function launchPostgresOn(cluster: PostgresCluster, port: number): Promise<Child> {
  const child = await startChild({
    command: cluster.binaries.postgres,
    commandArguments: ['-D', cluster.data, ...settings(cluster, port).flatMap((setting) => ['-c', setting])],
    logFile: cluster.logFile,
    recordFile: cluster.recordFile,
    account: cluster.account,
    // "Fast shutdown": SIGTERM would wait until the last session has gone by itself.
    stopSignal: 'SIGINT',
    stopTimeoutMs: 20_000,
  });
  try {
    await until(`PostgreSQL to answer on port ${port}`, () => answers(cluster, port, child), { deadlineMs: 60_000 });
    return child;
  } catch (error) {
    await child.stop();
    throw error;
  }
}

async function answers(cluster: PostgresCluster, port: number, child: Child): Promise<true | null> {
  if (child.hasExited()) throw new Error(`PostgreSQL ended while starting:\n${logTail(cluster.logFile)}`);
  try {
    await withClient(adminUrl(cluster, port), (client) => client.query('select 1'));
    return true;
  } catch {
    return null;
  }
}

function settings(cluster: PostgresCluster, port: number): string[] {
  return [
    `port=${port}`,
    'listen_addresses=127.0.0.1',
    `unix_socket_directories=${cluster.socketDirectory ?? ''}`,
    `max_connections=${cluster.forTests ? 500 : 200}`,
    'shared_buffers=256MB',
    `max_wal_size=${cluster.forTests ? '256MB' : '2GB'}`,
    'timezone=UTC',
    'log_timezone=UTC',
    ...(cluster.fsync ? [] : ['fsync=off', 'full_page_writes=off']),
    ...(cluster.forTests ? ['synchronous_commit=off', 'wal_level=minimal', 'max_wal_senders=0', 'autovacuum=off'] : []),
  ];
}
