import { type ServiceName, ServiceNameSchema, serviceNames } from '@wewrite/contracts';
import type { Command } from 'commander';
import { EnvironmentFault } from '../exit-codes.ts';
import { count } from '../printer.ts';
import { readAdminUrls } from '../stack/run-record.ts';

interface OutboxOptions {
  readonly admin?: readonly string[];
  readonly json: boolean;
}

/** What one replica of a service tells of its outbox. */
export interface OutboxState {
  readonly service: ServiceName;
  readonly adminUrl: string;
  readonly waiting: number;
  readonly oldestSeconds: number;
  readonly leads: boolean;
}

const timeoutMs = 10_000;

/** `wewrite outbox status`: what waits to be sent, for how long, and whose relay sends it. */
export function addOutboxCommand(program: Command): void {
  program
    .command('outbox')
    .description('messages on their way out')
    .command('status')
    .description('what waits to be sent in each service, for how long, and which replica sends it')
    .option('--admin <url...>', 'operations ports of services or replicas, instead of those of what runs here')
    .option('--json', 'as JSON', false)
    .action(showStatus);
}

async function showStatus({ admin, json }: OutboxOptions): Promise<void> {
  const urls = admin ?? localAdminUrls();
  const states = await Promise.all(urls.map(readState));
  if (json) process.stdout.write(`${JSON.stringify(states)}\n`);
  else for (const state of states) process.stdout.write(`${stateLine(state)}\n`);
}

function localAdminUrls(): readonly string[] {
  const urls = readAdminUrls();
  if (urls === null) throw new EnvironmentFault('Nothing runs here: start wewrite up or demo, or give --admin URL.');
  return serviceNames.flatMap((name) => urls[name] ?? []);
}

async function readState(adminUrl: string): Promise<OutboxState> {
  const text = await fetch(new URL('/metrics', adminUrl), { signal: AbortSignal.timeout(timeoutMs) }).then(
    (answer) => answer.text(),
    (error: unknown) => {
      throw new EnvironmentFault(`No operations port answers at ${adminUrl}.`, { cause: error });
    },
  );
  const state = stateIn(text, adminUrl);
  if (state === null) throw new EnvironmentFault(`${adminUrl} is no operations port of a service with an outbox.`);
  return state;
}

/** The state of an outbox in the text of `/metrics`; null where that tells of none. */
export function stateIn(text: string, adminUrl: string): OutboxState | null {
  const waiting = /^wewrite_outbox_messages\{service="([a-z]+)"\} (\d+)$/m.exec(text);
  const oldest = /^wewrite_outbox_oldest_seconds\{.*\} ([\d.e+-]+)$/m.exec(text);
  const leads = /^wewrite_relay_leads\{.*\} ([01])$/m.exec(text);
  const service = ServiceNameSchema.safeParse(waiting?.[1]);
  if (!service.success || waiting === null || oldest === null || leads === null) return null;
  return {
    service: service.data,
    adminUrl,
    waiting: Number(waiting[2]),
    oldestSeconds: Number(oldest[1]),
    leads: leads[1] === '1',
  };
}

/** `billing       3 waiting, the oldest for 12 s, sent by this replica` */
export function stateLine({ service, adminUrl, waiting, oldestSeconds, leads }: OutboxState): string {
  const age = waiting === 0 ? '' : `, the oldest for ${count(Math.round(oldestSeconds))} s`;
  return `${service.padEnd(12)} ${count(waiting)} waiting${age}; ${adminUrl} ${leads ? 'sends' : 'stands by'}`;
}
