import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import { until } from './until.ts';

const recordSchema = z.object({
  pid: z.int().positive(),
  identity: z.string().min(1),
  stopSignal: z.enum(['SIGTERM', 'SIGINT']),
});

/** A started process as it is written down beside its data, so that a later run can end what a killed one left. */
export type ProcessRecord = z.infer<typeof recordSchema>;

/**
 * What tells a process from a later one with the same id: when it started, and in which boot of the machine.
 * `null` when there is no such process, or only its unreaped remains.
 */
export function processIdentity(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in brackets may hold anything; the fields behind it begin with the state, the start is the 20th of them.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[19] === undefined) return null;
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()}/${fields[19]}`;
  } catch {
    return process.platform === 'linux' ? null : startedAt(pid);
  }
}

/** macOS and the BSDs have no `/proc`, but always a `ps`. */
function startedAt(pid: number): string | null {
  try {
    const started = execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim();
    return started === '' ? null : started;
  } catch {
    return null;
  }
}

/** Writes down a process that has just been started; nothing when it has ended already. */
export function writeProcessRecord(file: string, pid: number, stopSignal: ProcessRecord['stopSignal']): void {
  const identity = processIdentity(pid);
  if (identity === null) return;
  const record: ProcessRecord = { pid, identity, stopSignal };
  writeFileSync(file, JSON.stringify(record));
}

/** Ends the process that a killed run left behind, if it still runs, and removes its record. */
export async function endRecordedProcess(file: string, deadlineMs = 10_000): Promise<void> {
  const record = readRecord(file);
  if (record !== null) {
    const runs = () => processIdentity(record.pid) === record.identity;
    const ended = () => (runs() ? null : true);
    if (runs()) {
      send(record.pid, record.stopSignal);
      await until(`process ${record.pid} of an earlier run to end`, ended, { deadlineMs }).catch(() => {
        if (runs()) send(record.pid, 'SIGKILL');
      });
      await until(`process ${record.pid} of an earlier run to be killed`, ended, { deadlineMs });
    }
  }
  rmSync(file, { force: true });
}

/** A process that ends by itself at this moment is as well as one that was told to. */
function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // Whether it is gone is asked next.
  }
}

function readRecord(file: string): ProcessRecord | null {
  try {
    return recordSchema.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    // Absent, or cut short by a crash between making and filling it: then nothing is known of a process.
    return null;
  }
}
