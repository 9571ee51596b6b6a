import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Writable } from 'node:stream';
import { type ProcessRecord, writeProcessRecord } from './process-record.ts';

/** The account that a child runs under when it is not the parent's own. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** What to start, and how it is stopped. */
export interface ChildOptions {
  readonly command: string;
  readonly commandArguments: readonly string[];
  /** Receives stdout and stderr, appended. */
  readonly logFile: string;
  /** Where the process is written down for `endRecordedProcess`, should this process and the watchdog both be killed. */
  readonly recordFile: string;
  readonly account?: Account | undefined;
  readonly environment?: NodeJS.ProcessEnv;
  /** Default: the directory of the log file. */
  readonly workingDirectory?: string;
  /** Asks the child to end; default SIGTERM. */
  readonly stopSignal?: ProcessRecord['stopSignal'];
  /** After this the child is killed; default 10 s. */
  readonly stopTimeoutMs?: number;
}

/** How a child ended; `wanted` when `stop()` was called before. */
export interface ChildExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly wanted: boolean;
}

/** A running child process. It does not keep its parent alive. */
export interface Child {
  readonly pid: number;
  /** Resolves when the child has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  hasExited(): boolean;
  /** As `exited`, and keeps the parent alive until then. */
  waitForExit(): Promise<ChildExit>;
  /** Asks the child to end, kills it after the bound, and resolves when it has ended. May be called again. */
  stop(): Promise<void>;
}

/**
 * Starts a child that ends when this process does, also when this process is killed. It gets its own session, so that
 * Ctrl-C in the terminal reaches only this process, which then stops its children in the right order.
 * Rejects when the command cannot be started.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  const stopTimeoutMs = options.stopTimeoutMs ?? 10_000;
  const watchdog = startWatchdog();
  const log = openSync(options.logFile, 'a');
  const child = spawn(options.command, options.commandArguments, {
    cwd: options.workingDirectory ?? dirname(options.logFile),
    detached: true,
    stdio: ['ignore', log, log],
    ...(options.environment === undefined ? {} : { env: options.environment }),
    ...options.account,
  });
  closeSync(log);
  let wanted = false;
  let ended = false;
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      ended = true;
      watchdog.dismiss();
      resolve({ code, signal, wanted });
    });
  });
  const pid = await startedPid(child).catch((error: unknown) => {
    watchdog.dismiss();
    throw error;
  });
  watchdog.watch(pid, stopSignal, Math.ceil(stopTimeoutMs / 1000));
  writeProcessRecord(options.recordFile, pid, stopSignal);
  child.unref();
  const waitForExit = () => {
    if (!ended) child.ref();
    return exited;
  };
  return {
    pid,
    exited,
    hasExited: () => ended,
    waitForExit,
    stop: async () => {
      wanted = true;
      if (ended) return;
      child.kill(stopSignal);
      const kill = setTimeout(() => child.kill('SIGKILL'), stopTimeoutMs);
      await waitForExit();
      clearTimeout(kill);
    },
  };
}

/** The end of a child's log, for error messages. */
export function logTail(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-20).join('\n');
}

function startedPid(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('spawn', () => {
      if (child.pid === undefined) reject(new Error('The child has started without a process id.'));
      else resolve(child.pid);
    });
  });
}

/**
 * Reads whom to watch, then waits. A second line means that the child has ended; the end of the input, that the process
 * at its other end is gone, however it went: then the child is asked to end, and killed if it does not.
 */
const watchdogScript = `
read -r pid signal seconds || exit 0
read -r ended && exit 0
kill -s "$signal" "$pid" 2>/dev/null || exit 0
while [ "$seconds" -gt 0 ] && kill -0 "$pid" 2>/dev/null; do sleep 1; seconds=$((seconds - 1)); done
kill -s KILL "$pid" 2>/dev/null
`;

interface Watchdog {
  watch(pid: number, stopSignal: string, seconds: number): void;
  dismiss(): void;
}

/** Started before the child, so that no more than a moment passes in which the child is not watched. */
function startWatchdog(): Watchdog {
  const shell = spawn('/bin/sh', ['-c', watchdogScript], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  const input: Writable = shell.stdin;
  // A watchdog that was killed itself is a loss of safety only; the record beside the data covers it.
  input.on('error', () => undefined);
  shell.on('error', () => undefined);
  shell.unref();
  if ('unref' in input && typeof input.unref === 'function') input.unref();
  return {
    watch: (pid, stopSignal, seconds) => {
      input.write(`${pid} ${stopSignal.slice('SIG'.length)} ${seconds}\n`);
    },
    dismiss: () => {
      input.end('ended\n');
    },
  };
}
