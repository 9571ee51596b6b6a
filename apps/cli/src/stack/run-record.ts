import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { ServiceName } from '@wewrite/contracts';
import { z } from 'zod';
import { stateDirectory } from '../config.ts';
import type { ComponentName } from './ports.ts';

/** `run.json`: what is running, where, and how to get in; absent parts are null. */
export interface RunRecord {
  readonly urls: Readonly<Record<ComponentName, string>> & {
    readonly sandbox: string | null;
    readonly admin: Readonly<Record<ComponentName, string>>;
  };
  /** The URL of each service's runtime role. */
  readonly database: Readonly<Record<ServiceName, string>>;
  readonly kafka: { readonly kind: 'external' | 'docker' | 'jvm' | 'memory'; readonly brokers: string | null };
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

const file = join(stateDirectory, 'run.json');
const entranceSchema = z.object({
  urls: z.object({ gateway: z.url(), sandbox: z.url().nullable(), admin: z.record(z.string(), z.url()) }),
  tokens: z.object({ admin: z.string(), service: z.string() }),
});

/** Writes it at once, so that a reader never sees half of it. Only its owner may read it: it holds tokens. */
export function writeRunRecord(record: RunRecord): void {
  mkdirSync(dirname(file), { recursive: true });
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(record, null, 2)}\n`, { mode: 0o600 });
  renameSync(unfinished, file);
}

/** Nothing runs any more. */
export function removeRunRecord(): void {
  rmSync(file, { force: true });
}

/** How an administrator or the site gets into what runs here; null when nothing does. */
export function readEntrance(): { gatewayUrl: string; tokens: Readonly<Record<'admin' | 'service', string>> } | null {
  const record = readRunRecord();
  return record === null ? null : { gatewayUrl: record.urls.gateway, tokens: record.tokens };
}

/** The Stripe sandbox that runs here; null when none does. */
export function readSandboxUrl(): string | null {
  return readRunRecord()?.urls.sandbox ?? null;
}

/** The operations port of each part that runs here, by its name; null when nothing does. */
export function readAdminUrls(): Readonly<Record<string, string>> | null {
  return readRunRecord()?.urls.admin ?? null;
}

function readRunRecord(): z.infer<typeof entranceSchema> | null {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch {
    return null;
  }
  return entranceSchema.parse(JSON.parse(text));
}
