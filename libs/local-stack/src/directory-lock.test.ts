import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { claimScratchDirectory, tryLockDirectory } from './directory-lock.ts';
import { processIdentity, writeProcessRecord } from './process-record.ts';

const base = mkdtempSync(join(tmpdir(), 'wewrite-lock-test-'));
afterAll(() => rmSync(base, { recursive: true, force: true }));

describe('a locked directory', () => {
  test('has one holder at a time, and is free again after release', () => {
    const first = tryLockDirectory(base);
    expect(first).not.toBeNull();
    expect(tryLockDirectory(base)).toBeNull();
    first?.release();
    const second = tryLockDirectory(base);
    expect(second).not.toBeNull();
    second?.release();
  });

  test('is free as soon as its holder is killed', async () => {
    const program = `
      import { tryLockDirectory } from ${JSON.stringify(new URL('./directory-lock.ts', import.meta.url).href)};
      console.log(tryLockDirectory(${JSON.stringify(base)}) !== null);
      setInterval(() => {}, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    expect(String((await once(holder.stdout, 'data'))[0])).toBe('true\n');
    expect(tryLockDirectory(base)).toBeNull();
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    const lock = tryLockDirectory(base);
    expect(lock).not.toBeNull();
    lock?.release();
  });
});

describe('a scratch directory', () => {
  test('claiming one clears away what killed processes left, servers included, and nothing that is in use', async () => {
    const parent = join(base, 'scratch');
    const inUse = await claimScratchDirectory(parent);
    const abandoned = join(parent, 'abandoned', 'part');
    mkdirSync(abandoned, { recursive: true });
    const server = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(server, 'spawn');
    const pid = server.pid ?? 0;
    writeProcessRecord(join(abandoned, 'server.json'), pid, 'SIGTERM');
    const claimed = await claimScratchDirectory(parent);
    expect(processIdentity(pid)).toBeNull();
    expect(existsSync(abandoned)).toBe(false);
    expect(existsSync(inUse.directory)).toBe(true);
    claimed.remove();
    inUse.remove();
    expect(existsSync(claimed.directory)).toBe(false);
  });

  test('many processes that claim and remove theirs at the same time do not trip over each other', async () => {
    const parent = join(base, 'busy');
    const program = `
      import { claimScratchDirectory } from ${JSON.stringify(new URL('./directory-lock.ts', import.meta.url).href)};
      for (let turn = 0; turn < 20; turn++) {
        const { remove } = await claimScratchDirectory(${JSON.stringify(parent)});
        remove();
      }`;
    const codes = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const claiming = spawn(process.execPath, ['--input-type=module', '-e', program], { stdio: 'inherit' });
        return (await once(claiming, 'exit'))[0];
      }),
    );
    expect(codes).toEqual([0, 0, 0, 0]);
    expect(readdirSync(parent, { withFileTypes: true }).filter((entry) => entry.isDirectory())).toEqual([]);
  });
});
