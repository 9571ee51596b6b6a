import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Child, endRecordedProcess, startChild } from '@wewrite/local-stack';
import { EnvironmentFault } from '../exit-codes.ts';
import type { Part } from './part.ts';

/** The sandbox, running. */
export interface SandboxPart extends Part {
  readonly url: string;
}

/** Where the sandbox listens and keeps things, and when its time begins. */
export interface SandboxOptions {
  readonly directory: string;
  readonly port: number;
  readonly persistent: boolean;
  /** Where its clock begins, unless it has one from before. */
  readonly now: Date;
  readonly why: string;
}

/** The key that the sandbox takes for Stripe's. */
export const sandboxSecretKey = 'sk_test_sandbox';

const startTimeoutMs = 20_000;
const program = fileURLToPath(new URL('main.ts', import.meta.resolve('@wewrite/local-stack/sandbox')));

/** Starts the Stripe sandbox in a process of its own and waits until it answers. */
export async function startSandboxPart(options: SandboxOptions): Promise<SandboxPart> {
  const directory = join(options.directory, 'sandbox');
  await endRecordedProcess(join(directory, 'sandbox.json'));
  if (!options.persistent) rmSync(directory, { recursive: true, force: true });
  mkdirSync(directory, { recursive: true });
  const url = `http://127.0.0.1:${options.port}`;
  const callbacks: ((how: string) => void)[] = [];
  const start = async () => {
    const child = await launch(directory, options);
    await whenAnswering(child, `${url}/clock`, join(directory, 'sandbox.log'));
    // One that dies before it answers has not started, which whoever starts it is told by the throw.
    void child.exited.then(({ wanted, code, signal }) => {
      for (const callback of wanted ? [] : callbacks) callback(`it ended with ${code ?? signal}`);
    });
    return child;
  };
  let child = await start();
  return {
    name: 'sandbox',
    choice: `the Stripe sandbox on port ${options.port}, ${options.why}`,
    url,
    pid: () => child.pid,
    onDeath: (callback) => void callbacks.push(callback),
    restart: async () => {
      child = await start();
    },
    stop: () => child.stop(),
  };
}

function launch(directory: string, options: SandboxOptions): Promise<Child> {
  return startChild({
    command: process.execPath,
    commandArguments: ['--disable-warning=ExperimentalWarning', program],
    logFile: join(directory, 'sandbox.log'),
    recordFile: join(directory, 'sandbox.json'),
    environment: {
      PORT: String(options.port),
      SANDBOX_DATABASE: join(directory, 'sandbox.sqlite'),
      SANDBOX_NOW: options.now.toISOString(),
    },
  });
}

const shownLogLines = 10;

function endOf(logFile: string): string {
  return readFileSync(logFile, 'utf8').trimEnd().split('\n').slice(-shownLogLines).join('\n');
}

/** Waits until a child's address answers; throws when it ends or stays silent. */
export async function whenAnswering(child: Child, url: string, logFile: string): Promise<void> {
  const endsAt = performance.now() + startTimeoutMs;
  for (;;) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1_000) }).catch(() => null);
    await answer?.arrayBuffer();
    if (answer?.ok === true) return;
    if (child.hasExited() || performance.now() > endsAt) {
      await child.stop();
      throw new EnvironmentFault(`${url} does not answer; its log ${logFile} ends with:\n${endOf(logFile)}`);
    }
    await delay(50);
  }
}
