import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ReportSchema } from '../apps/cli/src/report/report.ts';
import type { Told } from './month-story.ts';
import { months } from './month-story.ts';

/** The parts that run in processes of their own. */
export const killable = [
  'allocations',
  'billing',
  'earnings',
  'payouts',
  'monitoring',
  'gateway',
  'sandbox',
  'kafka',
  'postgres',
] as const;
export type Killable = (typeof killable)[number];

/** `wewrite demo` on real Kafka, each service in its own process. */
export interface DemoProcess {
  /** Resolves when the close of so many months has begun. */
  closing(monthCount: number): Promise<void>;
  /** Kills a part by SIGKILL after a while; where it is being started again, as soon as it has. */
  kill(part: Killable, afterMs: number): Promise<void>;
  /** Waits until the last month is reconciled; the demo stays up. Throws with its output when it ends instead. */
  ending(): Promise<Told>;
  sandboxUrl(): string;
  /** What it has said so far. */
  output(): string;
  /** Ends it as Ctrl-C does, and resolves with its exit code when it is gone. */
  stop(): Promise<number | null>;
}

const program = fileURLToPath(new URL('../apps/cli/src/main.ts', import.meta.url));
const jars = fileURLToPath(new URL('../.wewrite/kafka', import.meta.url));
const lookEveryMs = 20;
const runSchema = z.object({
  urls: z.object({ sandbox: z.url() }),
  pids: z.object({
    services: z.record(z.string(), z.int()),
    sandbox: z.int(),
    kafka: z.int(),
    postgres: z.int(),
  }),
});

/** Starts a demo over a community's files, which keeps everything in a directory of its own. */
export function startDemo(input: string): DemoProcess {
  const directory = mkdtempSync(join(tmpdir(), 'wewrite-demo-'));
  mkdirSync(jars, { recursive: true });
  symlinkSync(jars, join(directory, 'kafka'));
  const [report, lines] = [join(directory, 'report.json'), join(directory, 'lines.csv')];
  const options = ['--input', input, '--months', String(months.length), '--report', report, '--lines', lines];
  const child = spawn(process.execPath, [program, 'demo', '--kafka', 'jvm', '--processes', 'each', ...options], {
    env: { ...process.env, WEWRITE_DIRECTORY: directory },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output = outputOf(child);
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const run = () => runSchema.parse(JSON.parse(readFileSync(join(directory, 'run.json'), 'utf8')));
  const pidOf = (part: Killable) => {
    const { services, ...others } = run().pids;
    return part === 'sandbox' || part === 'kafka' || part === 'postgres' ? others[part] : services[part];
  };
  const seen = async (what: string, times: number) => {
    while (output().split(what).length <= times) {
      if (child.exitCode !== null) throw new Error(`The demo has ended with ${child.exitCode}:\n${output()}`);
      await delay(lookEveryMs);
    }
  };
  return {
    closing: (monthCount) => seen('✓ the hour of the close', monthCount),
    kill: async (part, afterMs) => {
      await delay(afterMs);
      for (;;) {
        if (child.exitCode !== null) throw new Error(`The demo has ended with ${child.exitCode}:\n${output()}`);
        const pid = existsSync(join(directory, 'run.json')) ? pidOf(part) : undefined;
        if (pid !== undefined && killed(pid)) return;
        await delay(lookEveryMs);
      }
    },
    ending: async () => {
      await seen('Time goes on at real speed', 1);
      const { months: closed } = ReportSchema.parse(JSON.parse(readFileSync(report, 'utf8')));
      return { months: closed, lines: readFileSync(lines, 'utf8') };
    },
    sandboxUrl: () => run().urls.sandbox,
    output,
    stop: async () => {
      child.kill('SIGINT');
      const code = await exited;
      rmSync(directory, { recursive: true, force: true });
      return code;
    },
  };
}

/** False when there is no such process: it is being started again under another id. */
function killed(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch {
    return false;
  }
}

/** All that a child has said so far. */
function outputOf(child: ChildProcess): () => string {
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (more: string) => {
      text += more;
    });
  }
  return () => text;
}
