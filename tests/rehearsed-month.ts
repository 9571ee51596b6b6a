import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  cutoffOf,
  firstInstantOf,
  type Month,
  MonthCloseSchema,
  month,
  RehearsalReportSchema,
  type ServiceName,
  serviceNames,
} from '@wewrite/contracts';
import { freePort } from '@wewrite/local-stack';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { startSandbox } from '@wewrite/local-stack/sandbox';
import { sql } from 'kysely';
import { type Api, apiAt, pathOf } from '../apps/cli/src/demo/api.ts';
import { startClose, whenReconciled } from '../apps/cli/src/demo/close-month.ts';
import { loadCommunity } from '../apps/cli/src/demo/load-community.ts';
import { steeringOf } from '../apps/cli/src/demo/steering.ts';
import { generateCommunity } from '../apps/cli/src/generate/community.ts';
import { writeCommunity } from '../apps/cli/src/generate/write-community.ts';
import { loadInput } from '../apps/cli/src/input/load-input.ts';
import { closeInstantOf } from '../apps/cli/src/input/replay.ts';
import { plainPrinter } from '../apps/cli/src/printer.ts';
import { sandboxSecretKey } from '../apps/cli/src/stack/sandbox-part.ts';
import { services } from '../apps/cli/src/stack/services.ts';
import { storageAccount } from '../apps/cli/src/stack/storage-account.ts';
import { sandboxClient, webhookEndpoints } from '../apps/cli/src/stack/webhook-endpoints.ts';

export const november: Month = month('2026-11');
const minuteMs = 60_000;

/** A community in the middle of November, at all services and the sandbox, before its month is closed. */
export type RehearsedMonth = Awaited<ReturnType<typeof startMonth>>;

export async function startMonth() {
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-rehearsal-'));
  const now = firstInstantOf(november).toISOString();
  await writeCommunity(directory, generateCommunity({ supporters: 30, writers: 8, seed: 7, months: [november] }));
  const input = await loadInput(directory, [november]);
  const sandbox = await startSandbox({ port: 0, databaseFile: join(directory, 'sandbox.db'), now });
  const stripe = sandboxClient(sandbox.url, sandboxSecretKey);
  const billingPort = await freePort();
  const adminUrls: string[] = [];
  const secrets = await webhookEndpoints(stripe, `http://127.0.0.1:${billingPort}`, join(directory, 'webhooks.json'));
  const harness = await startHarness({
    services: serviceNames.map((name) => ({
      ...services[name],
      run: async ({ environment, ...more }) => {
        const own = name === 'billing' ? { PORT: String(billingPort) } : {};
        const running = await services[name].run({ ...more, environment: { ...environment, ...own } });
        adminUrls.push(running.adminUrl);
        return running;
      },
    })),
    now,
    environment: {
      CLOCK_URL: sandbox.url,
      STRIPE_SECRET_KEY: sandboxSecretKey,
      STRIPE_API_URL: sandbox.url,
      STRIPE_WEBHOOK_SECRET: secrets.platform,
      STRIPE_CONNECT_WEBHOOK_SECRET: secrets.connect,
      STRIPE_V2_WEBHOOK_SECRET: secrets.thin,
      ESCROW: 'storage',
      STRIPE_FINANCIAL_ACCOUNT_ID: await storageAccount(stripe, sandbox.url, join(directory, 'storage.json')),
      CLOSE_CRON: '0 0 31 2 *',
      LINE_KEY_SECRET: 'a secret of the rehearsals that are tested here',
      CHUNK_SUPPORTERS: '7',
    },
  });
  const steering = steeringOf({ sandboxUrl: sandbox.url, adminUrls });
  const users: Record<string, string> = {};
  for (const userId of new Set([...input.supporters.keys(), ...input.writers.keys()])) {
    users[userId] = await harness.token({ sub: userId, roles: ['supporter', 'writer'] });
  }
  const admin = await harness.token({ sub: 'admin', roles: ['admin'] });
  const tokens = { admin, service: await harness.token({ sub: 'site', roles: ['service'] }), users };
  const printer = plainPrinter({ write: () => undefined });
  const world = { input, months: [november] as const, tokens, steering, sandboxUrl: sandbox.url, stripe, printer };
  const api = apiOf(harness);
  await loadCommunity({ ...world, api });
  return {
    harness,
    world: { ...world, api },
    stand: async (at: string | Date) => {
      await steering.stand(new Date(at));
      await steering.drain();
    },
    drain: () => steering.drain(),
    ...requests(api, admin),
    /** Brings the month to the hour of its close, which has not begun. */
    endMonth: async () => {
      const cutoffMs = cutoffOf(november).getTime();
      for (const minutes of [0, 30, 60]) {
        await steering.stand(new Date(cutoffMs + minutes * minuteMs));
        await steering.drain();
      }
      await steering.stand(closeInstantOf(november));
      await steering.drain();
    },
    closed: async () => {
      const progress = await whenReconciled(api, admin, november, () => undefined);
      await steering.drain();
      return progress;
    },
    stop: async () => {
      await harness.stop();
      await sandbox.stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function requests(api: Api, token: string) {
  return {
    startClose: () => startClose(api, token, november),
    startRehearsal: () =>
      api.ask({
        method: 'POST',
        path: pathOf('months', november, 'close'),
        token,
        body: { kind: 'rehearsal' },
        answer: MonthCloseSchema,
      }),
    report: () =>
      api.ask({ method: 'GET', path: pathOf('months', november, 'rehearsal'), token, answer: RehearsalReportSchema }),
  };
}

/** Every row of the tables, in order, as text. */
export async function dump(harness: Harness, service: ServiceName, tables: readonly string[]): Promise<string[]> {
  const { kysely } = harness.database(service);
  const dumps = tables.map(async (table) => {
    const { rows } = await sql<{ row: string }>`
      select ${table} || ' ' || row::text as row from ${sql.table(table)} as row order by 1`.execute(kysely);
    return rows.map(({ row }) => row);
  });
  return (await Promise.all(dumps)).flat();
}

const ownerOfPart: Readonly<Record<string, ServiceName>> = {
  'payout-account': 'payouts',
  subscription: 'billing',
  resources: 'allocations',
  allocations: 'allocations',
  close: 'allocations',
  progress: 'monitoring',
  rehearsal: 'monitoring',
};

/** Asks each service itself. */
function apiOf(harness: Harness): Api {
  return {
    ask: (request) => {
      const [, , segment = '', , part = ''] = request.path.replace(/\?.*/, '').split('/');
      const owner = ownerOfPart[segment === 'months' ? part : segment];
      if (owner === undefined) throw new Error(`nobody answers ${request.path}`);
      return apiAt(harness.url(owner)).ask(request);
    },
  };
}
