import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ServiceName } from '@wewrite/contracts';
import type { ComponentName } from './ports.ts';

/** `run.json`: what is running, where, and how to get in; absent parts are null. */
export interface RunRecord {
  readonly urls: Readonly<Record<ComponentName, string>> & {
    readonly sandbox: string | null;
    readonly admin: Readonly<Record<ComponentName, string>>;
  };
  /** The URL of each service's runtime role. */
  readonly database: Readonly<Record<ServiceName, string>>;
  readonly kafka: { readonly kind: 'external' | 'jvm' | 'memory'; readonly brokers: string | null };
  readonly tokens: {
    readonly admin: string;
    readonly service: string;
    readonly users: Readonly<Record<string, string>>;
  };
  readonly pids: {
    readonly demo: number;
    /** Null for those inside the demo's own process. */
    readonly services: Readonly<Record<ComponentName, number | null>>;
    readonly sandbox: number | null;
    readonly kafka: number | null;
    readonly postgres: number | null;
  };
}

/** Writes it at once, so that a reader never sees half of it. Only its owner may read it: it holds tokens. */
export function writeRunRecord(file: string, record: RunRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** Nothing runs any more. */
export function removeRunRecord(file: string): void {
  rmSync(file, { force: true });
}
