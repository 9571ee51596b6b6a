import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startEmbeddedPostgres } from './postgres.ts';
import { processIdentity } from './process-record.ts';
import { withClient } from './sql.ts';
import { until } from './until.ts';

const silent = () => undefined;
let base: string;
beforeAll(() => {
  base = mkdtempSync(join(tmpdir(), 'wewrite-postgres-test-'));
  chmodSync(base, 0o755);
});
afterAll(() => {
  rmSync(base, { recursive: true, force: true });
});

const read = (adminUrl: string, sql: string) =>
  withClient(adminUrl, async (client) => (await client.query({ text: sql, rowMode: 'array' })).rows[0]?.[0]);

describe('the embedded PostgreSQL', () => {
  test('starts version 18 on loopback only, and is gone with its data after stop', async () => {
    const directory = join(base, 'fleeting');
    const postgres = await startEmbeddedPostgres({ directory, persistent: false, fsync: false, log: silent });
    expect(await read(postgres.adminUrl, 'show server_version')).toMatch(/^18\./);
    expect(await read(postgres.adminUrl, 'show listen_addresses')).toBe('127.0.0.1');
    expect(await read(postgres.adminUrl, 'show server_encoding')).toBe('UTF8');
    expect(await read(postgres.adminUrl, "select datcollate from pg_database where datname = 'postgres'")).toBe('C');
    const ends: boolean[] = [];
    postgres.onExit(({ wanted }) => ends.push(wanted));
    await postgres.stop();
    expect(ends).toEqual([true]);
    expect(processIdentity(postgres.pid)).toBeNull();
    expect(existsSync(join(directory, 'data'))).toBe(false);
  });

  test('for tests it is reached over a socket, which only its account and root come to, and over loopback with the password', async () => {
    const directory = join(base, 'tested');
    const options = { directory, persistent: false, fsync: false, forTests: true, log: silent };
    const postgres = await startEmbeddedPostgres(options);
    const url = new URL(postgres.adminUrl);
    const overSocket = 'select inet_client_addr() is null';
    expect(await read(url.href, overSocket)).toBe(true);
    expect(statSync(url.searchParams.get('host') ?? '').mode & 0o777).toBe(0o700);
    url.searchParams.delete('host');
    expect(await read(url.href, overSocket)).toBe(false);
    url.password = 'another';
    await expect(read(url.href, overSocket)).rejects.toThrow('password authentication failed');
    await postgres.stop();
  });

  test('keeps data over restarts, steps over a taken port and over a lock file that names a living stranger', async () => {
    const options = { directory: join(base, 'kept'), persistent: true, fsync: false, log: silent };
    const first = await startEmbeddedPostgres(options);
    await read(first.adminUrl, 'create table kept as select 42 as answer');
    await first.stop();
    writeFileSync(join(options.directory, 'data', 'postmaster.pid'), `${process.pid}\n`);
    const occupant = createServer();
    occupant.listen(first.port, '127.0.0.1');
    await once(occupant, 'listening');
    const second = await startEmbeddedPostgres({ ...options, port: first.port });
    expect(second.port).toBeGreaterThan(first.port);
    expect(await read(second.adminUrl, 'select answer from kept')).toBe(42);
    occupant.close();

    const ended = new Promise<boolean>((resolve) => {
      second.onExit(({ wanted }) => resolve(wanted));
    });
    process.kill(second.pid, 'SIGKILL');
    expect(await ended).toBe(false);
    await second.restart();
    expect(await read(second.adminUrl, 'select answer from kept')).toBe(42);
    await second.stop();
  });

  const asRoot = process.getuid?.() === 0 ? test : test.skip;
  asRoot('chooses a directory that its account can enter, and says so', async () => {
    const hidden = join(base, 'hidden');
    mkdirSync(hidden, { mode: 0o700 });
    const said: string[] = [];
    const options = { directory: join(hidden, 'postgres'), persistent: true, fsync: false };
    const postgres = await startEmbeddedPostgres({ ...options, log: (sentence) => said.push(sentence) });
    expect(await read(postgres.adminUrl, 'select 1')).toBe(1);
    expect(postgres.directory.startsWith(hidden)).toBe(false);
    expect(said.join()).toContain(postgres.directory);
    await postgres.stop();
    rmSync(postgres.directory, { recursive: true });
  });

  test('refuses a directory that a living process uses', async () => {
    const options = { directory: join(base, 'shared'), persistent: true, fsync: false, log: silent };
    const postgres = await startEmbeddedPostgres(options);
    await expect(startEmbeddedPostgres(options)).rejects.toThrow('in use by another running process');
    await postgres.stop();
  });

  test('ends when its parent is killed, and a watchdog that was killed as well does not break the next start', async () => {
    const options = { directory: join(base, 'orphan'), persistent: true, fsync: false, log: silent };
    const pidOf = () => {
      const file = join(options.directory, 'postgres.json');
      return existsSync(file) ? Number(JSON.parse(readFileSync(file, 'utf8')).pid) : null;
    };
    await killedParent(options.directory);
    const orphan = pidOf() ?? 0;
    await until('the orphan to end', () => (processIdentity(orphan) === null ? true : null), { deadlineMs: 15_000 });

    const watchdogKilled = await killedParent(options.directory, true);
    const postgres = await startEmbeddedPostgres(options);
    expect(processIdentity(watchdogKilled)).toBeNull();
    expect(await read(postgres.adminUrl, 'select 1')).toBe(1);
    await postgres.stop();
  });

  test('refuses to run with NODE_ENV=production', async () => {
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    await expect(
      startEmbeddedPostgres({ directory: join(base, 'never'), persistent: false, fsync: true, log: silent }),
    ).rejects.toThrow('NODE_ENV=production');
    process.env.NODE_ENV = before;
  });
});

/** Starts PostgreSQL from another process, kills that (and first its watchdogs, if asked), and returns the server's id. */
async function killedParent(directory: string, watchdogToo = false): Promise<number> {
  const program = `
    import { startEmbeddedPostgres } from ${JSON.stringify(new URL('./postgres.ts', import.meta.url).href)};
    const { pid } = await startEmbeddedPostgres({ directory: ${JSON.stringify(directory)}, persistent: true, fsync: false, log() {} });
    console.log(pid);
    setInterval(() => {}, 1000);`;
  const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(String(line));
  if (watchdogToo) for (const watchdog of childrenOf(parent.pid ?? 0, pid)) process.kill(watchdog, 'SIGKILL');
  parent.kill('SIGKILL');
  await once(parent, 'exit');
  if (watchdogToo) expect(processIdentity(pid)).not.toBeNull();
  return pid;
}

function childrenOf(parent: number, except: number): number[] {
  return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .trim()
    .split(' ')
    .map(Number)
    .filter((pid) => pid !== except);
}
