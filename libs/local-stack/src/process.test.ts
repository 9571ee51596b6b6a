import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from '@jest/globals';
import { startChild } from './process.ts';
import { endRecordedProcess, processIdentity, writeProcessRecord } from './process-record.ts';
import { until } from './until.ts';

const directory = mkdtempSync(join(tmpdir(), 'wewrite-process-test-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const logFile = join(directory, 'child.log');
const recordFile = join(directory, 'child.json');
const start = (script: string, more = {}) =>
  startChild({ command: '/bin/sh', commandArguments: ['-c', script], logFile, recordFile, ...more });
const logged = (text: string) =>
  until(`'${text}' in the log`, () => (readFileSync(logFile, 'utf8').includes(text) ? true : null), {
    deadlineMs: 5_000,
  });

describe('a child process', () => {
  test('its output goes to the log and its end is told', async () => {
    const child = await start('echo out; echo err >&2; exit 3');
    expect(await child.waitForExit()).toEqual({ code: 3, signal: null, wanted: false });
    await logged('out\nerr');
  });

  test('one that ignores being asked is killed after the bound', async () => {
    const child = await start('trap "" TERM; echo deaf; while :; do sleep 1; done', { stopTimeoutMs: 200 });
    await logged('deaf');
    await child.stop();
    expect(await child.exited).toEqual({ code: null, signal: 'SIGKILL', wanted: true });
    await child.stop();
  });

  test('a command that does not exist rejects', async () => {
    await expect(start('', { command: '/no/such/program' })).rejects.toThrow('ENOENT');
  });

  test('ends when its parent is killed, also one that ignores being asked', async () => {
    const program = `
      import { startChild } from ${JSON.stringify(new URL('./process.ts', import.meta.url).href)};
      const child = await startChild({
        command: '/bin/sh', commandArguments: ['-c', 'trap "" TERM; while :; do sleep 1; done'],
        logFile: ${JSON.stringify(logFile)}, recordFile: ${JSON.stringify(recordFile)}, stopTimeoutMs: 1000,
      });
      console.log(child.pid);
      setInterval(() => {}, 1000);`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const [line] = await once(parent.stdout, 'data');
    const pid = Number(String(line));
    expect(processIdentity(pid)).not.toBeNull();
    parent.kill('SIGKILL');
    await until('the child to end', () => (processIdentity(pid) === null ? true : null), { deadlineMs: 10_000 });
  });

  test('a record whose process id belongs to another process by now harms nobody', async () => {
    const stranger = spawn('sleep', ['60'], { stdio: 'ignore' });
    await once(stranger, 'spawn');
    writeProcessRecord(recordFile, stranger.pid ?? 0, 'SIGTERM');
    const record = JSON.parse(readFileSync(recordFile, 'utf8'));
    writeFileSync(recordFile, JSON.stringify({ ...record, identity: 'an earlier process' }));
    await endRecordedProcess(recordFile);
    expect(processIdentity(stranger.pid ?? 0)).toBe(record.identity);
    stranger.kill();
  });
});
