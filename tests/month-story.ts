import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Month, month, previousMonth, type ServiceName, serviceNames } from '@wewrite/contracts';
import { runGateway } from '@wewrite/gateway';
import { freePort } from '@wewrite/local-stack';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { startSandbox } from '@wewrite/local-stack/sandbox';
import type { Broker, RunnableService } from '@wewrite/service-kit';
import { z } from 'zod';
import type { EscrowChoice } from '../apps/cli/src/config.ts';
import { apiAt } from '../apps/cli/src/demo/api.ts';
import { steeringOf } from '../apps/cli/src/demo/steering.ts';
import { playStory } from '../apps/cli/src/demo/story.ts';
import { generateCommunity } from '../apps/cli/src/generate/community.ts';
import { writeCommunity } from '../apps/cli/src/generate/write-community.ts';
import { type CheckedInput, loadInput } from '../apps/cli/src/input/load-input.ts';
import { plainPrinter } from '../apps/cli/src/printer.ts';
import { linesCsv } from '../apps/cli/src/report/lines.ts';
import type { ReportMonth } from '../apps/cli/src/report/report.ts';
import { sandboxSecretKey } from '../apps/cli/src/stack/sandbox-part.ts';
import { services } from '../apps/cli/src/stack/services.ts';
import { storageAccount } from '../apps/cli/src/stack/storage-account.ts';
import { sandboxClient, webhookEndpoints } from '../apps/cli/src/stack/webhook-endpoints.ts';

/** The months that a story lives through, in order. */
export const months: readonly [Month, ...Month[]] = [previousMonth(month('2026-11')), month('2026-11')];

/** A month's story that is ready to be played, and what may be done to it meanwhile. */
export interface MonthStory {
  readonly harness: Harness;
  readonly sandboxUrl: string;
  readonly gatewayUrl: string;
  /** Supporters subscribe and allocate over HTTP, renewals come, each month is closed until it is reconciled. */
  play(): Promise<Told>;
  stop(): Promise<void>;
}

/** What a story comes to: each month's report, and every line as the CSV of `--lines`. */
export interface Told {
  readonly months: readonly ReportMonth[];
  readonly lines: string;
}

/** What differs from one telling of the story to the next. */
export interface StoryOptions {
  /** A community that {@link community} made. */
  readonly input: string;
  /** What stands between a service's instance and the broker. */
  readonly brokerOf?: (service: ServiceName, broker: Broker) => Broker;
  readonly environment?: Readonly<Record<string, string>>;
  /** `storage` unless told otherwise. */
  readonly escrow?: EscrowChoice;
  /** Those that are closed, in order; {@link months} unless told otherwise. */
  readonly months?: readonly [Month, ...Month[]];
}

/** A small community's files in a directory of their own, the same for the same seed. */
export async function community({ supporters = 24, writers = 8, seed = 1 } = {}): Promise<{
  directory: string;
  remove(): Promise<void>;
}> {
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-community-'));
  await writeCommunity(directory, generateCommunity({ supporters, writers, seed, months }));
  return { directory, remove: () => rm(directory, { recursive: true, force: true }) };
}

/** All five services, the gateway and the sandbox in this process, with nobody there yet. */
export async function startStory(options: StoryOptions): Promise<MonthStory> {
  const played = options.months ?? months;
  const input = await loadInput(options.input, played);
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-story-'));
  const sandbox = await startSandbox({
    port: 0,
    databaseFile: join(directory, 'sandbox.db'),
    now: `${played[0]}-01T00:00:00.000Z`,
  });
  const ports = await chosenPorts();
  const url = (name: ServiceName) => `http://127.0.0.1:${ports[name].port}`;
  const stripe = sandboxClient(sandbox.url, sandboxSecretKey);
  const secrets = await webhookEndpoints(stripe, url('billing'), join(directory, 'webhooks.json'));
  const harness = await startHarness({
    services: serviceNames.map((name) => atOwnPorts(services[name], ports[name], options)),
    now: `${played[0]}-01T00:00:00.000Z`,
    environment: {
      CLOCK_URL: sandbox.url,
      STRIPE_SECRET_KEY: sandboxSecretKey,
      STRIPE_API_URL: sandbox.url,
      STRIPE_REQUESTS_PER_SECOND: '0',
      STRIPE_WEBHOOK_SECRET: secrets.platform,
      STRIPE_CONNECT_WEBHOOK_SECRET: secrets.connect,
      STRIPE_V2_WEBHOOK_SECRET: secrets.thin,
      ESCROW: options.escrow ?? 'storage',
      STRIPE_FINANCIAL_ACCOUNT_ID: await storageAccount(stripe, sandbox.url, join(directory, 'storage.json')),
      CLOSE_CRON: '0 0 31 2 *',
      LINE_KEY_SECRET: 'the-same-in-every-telling-of-the-story',
      ...options.environment,
    },
  });
  const gateway = await runGateway({
    NODE_ENV: 'test',
    PORT: '0',
    ADMIN_PORT: '0',
    LOG_LEVEL: 'silent',
    JWKS_FILE: harness.jwksFile,
    ...options.environment,
    ...Object.fromEntries(serviceNames.map((name) => [`${name.toUpperCase()}_URL`, url(name)])),
  });
  const adminUrls = serviceNames.map((name) => `http://127.0.0.1:${ports[name].adminPort}`);
  return {
    harness,
    sandboxUrl: sandbox.url,
    gatewayUrl: gateway.url,
    play: async () => {
      const { months: closed, lines } = await playStory(
        {
          input,
          months: played,
          api: apiAt(gateway.url),
          tokens: await tokensOf(harness, input),
          steering: steeringOf({ sandboxUrl: sandbox.url, adminUrls }),
          sandboxUrl: sandbox.url,
          stripe,
          printer: plainPrinter({ write: () => undefined }),
        },
        { wantLines: true },
      );
      return { months: closed, lines: linesCsv(lines) };
    },
    stop: async () => {
      await gateway.stop();
      await harness.stop();
      await sandbox.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A telling as two tellings are compared: every cent, every line, nothing that differs by nature (times, ids). */
export function booksOf({ months: told, lines }: Told) {
  const reports = told.map(({ durationsMs: _durations, traceId: _trace, writers, ...rest }) => ({
    ...rest,
    writers: writers.map(({ transferId: _transfer, ...writer }) => writer),
  }));
  return { reports, lines };
}

const MetadataSchema = z.object({ month: z.string(), writer: z.string() });
const TransferSchema = z.object({ amount: z.int(), metadata: MetadataSchema });
const OutboundPaymentSchema = z
  .object({ amount: z.object({ value: z.int() }), metadata: MetadataSchema })
  .transform(({ amount, metadata }) => ({ amount: amount.value, metadata }));
const SandboxSchema = z.object({
  transfer: z.array(TransferSchema).default([]),
  outbound_payment: z.array(OutboundPaymentSchema).default([]),
});

/** What Stripe has paid to writers by either adapter, one line each, in order: `2026-11 writer 1234`. */
export async function transfersAt(sandboxUrl: string): Promise<string[]> {
  const answer = await fetch(new URL('/_sandbox/state', sandboxUrl));
  const { transfer, outbound_payment: outbound } = SandboxSchema.parse(await answer.json());
  return [...transfer, ...outbound]
    .map(({ amount, metadata }) => `${metadata.month} ${metadata.writer} ${amount}`)
    .sort();
}

/** What the report says was paid, one line each, as {@link transfersAt} lists it. */
export function paidIn({ months: closed }: Pick<Told, 'months'>): string[] {
  return closed
    .flatMap((told) =>
      told.writers
        .filter(({ payoutStatus }) => payoutStatus === 'paid')
        .map(({ userId, payoutNetCents }) => `${told.month} ${userId} ${payoutNetCents}`),
    )
    .sort();
}

interface Ports {
  readonly port: number;
  readonly adminPort: number;
}

async function chosenPorts(): Promise<Record<ServiceName, Ports>> {
  const ports: Partial<Record<ServiceName, Ports>> = {};
  for (const name of serviceNames) ports[name] = { port: await freePort(), adminPort: await freePort() };
  return ports as Record<ServiceName, Ports>;
}

/** The service, one instance of which answers where the others look for it, also when it is another one than before. */
function atOwnPorts(service: RunnableService, { port, adminPort }: Ports, options: StoryOptions): RunnableService {
  let taken = false;
  return {
    ...service,
    run: async (surroundings) => {
      const isFirst = !taken;
      taken = true;
      const { environment, openBroker } = surroundings;
      const own = isFirst ? { PORT: String(port), ADMIN_PORT: String(adminPort) } : {};
      const running = await service.run({
        ...surroundings,
        environment: { ...environment, ...own },
        openBroker: (config, name) => {
          const broker = openBroker(config, name);
          return options.brokerOf?.(service.name, broker) ?? broker;
        },
      });
      return {
        ...running,
        stop: async () => {
          await running.stop();
          if (isFirst) taken = false;
        },
      };
    },
  };
}

async function tokensOf(harness: Harness, input: CheckedInput) {
  const users: Record<string, string> = {};
  for (const userId of new Set([...input.supporters.keys(), ...input.writers.keys()])) {
    users[userId] = await harness.token({ sub: userId, roles: ['supporter', 'writer'] });
  }
  return {
    admin: await harness.token({ sub: 'admin', roles: ['admin'] }),
    service: await harness.token({ sub: 'site', roles: ['service'] }),
    users,
  };
}
