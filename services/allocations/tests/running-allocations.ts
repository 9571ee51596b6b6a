import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import {
  type Allocation,
  type AllocationSummary,
  type FundingClosingSchema,
  fundingChanged,
  fundingHash,
  type MessageOf,
  type Month,
  month,
  nextMonth,
  type ResourceKey,
  type Topic,
  topics,
  type UserId,
  UserIdSchema,
} from '@wewrite/contracts';
import { createTestDatabase, type TestDatabase } from '@wewrite/local-stack/testing';
import {
  type Broker,
  encodeBody,
  kitMigrations,
  memoryBroker,
  migrate,
  migrationsHash,
  type RunningService,
  runService,
} from '@wewrite/service-kit';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import pg from 'pg';
import { z } from 'zod';
import { allocations } from '../src/app.ts';

/** A user id for a test. */
export function user(text: string): UserId {
  return UserIdSchema.parse(text);
}

/** A month for a test. */
export const november: Month = month('2026-11');
export const december: Month = nextMonth(november);

/** An answer of the API: its status and its JSON. */
export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly body: Body;
}

export interface PlanBody {
  readonly summary: AllocationSummary;
  readonly allocations: Allocation[];
}

const IdleSchema = z.object({ outbox: z.number(), lag: z.number(), due: z.number(), activity: z.number() });

const sources = [kitMigrations, ...allocations.migrations];

/**
 * The allocations service on a real database and an in-process broker, at a clock that the test sets. Further instances
 * share database, broker and clock.
 */
export async function startAllocations(environment: Record<string, string> = {}) {
  const database = await createTestDatabase({
    services: ['allocations'],
    templateKey: await migrationsHash(sources),
    migrate: async (urls) => {
      await migrate({ ownerUrl: urls.allocations.ownerUrl, schema: 'allocations', sources });
    },
  });
  const directory = await mkdtemp(join(tmpdir(), 'wewrite-allocations-'));
  const tokens = await tokenSource(join(directory, 'jwks.json'));
  const clock = await clockServer();
  const broker = memoryBroker();
  await broker.createTopics(topics);
  // Each instance closes its broker when it stops; the log belongs to the test.
  const shared: Broker = { ...broker, close: async () => undefined };
  const instances = new Set<RunningService>();
  const start = async () => {
    const service = await runService(allocations, {
      environment: {
        NODE_ENV: 'test',
        PORT: '0',
        ADMIN_PORT: '0',
        LOG_LEVEL: 'silent',
        DATABASE_URL: database.urls.allocations.appUrl,
        KAFKA_BROKERS: 'memory:1',
        JWKS_FILE: join(directory, 'jwks.json'),
        CLOCK_URL: clock.url,
        ...environment,
      },
      openBroker: () => shared,
    });
    instances.add(service);
    return service;
  };
  const stop = async (service: RunningService) => {
    instances.delete(service);
    clock.forget(service.adminUrl);
    await service.stop();
  };
  const first = await start();
  const running = new RunningAllocations({ database, broker, tokens, clock, first, start, stop, instances });
  return Object.assign(running, {
    end: async () => {
      for (const service of [...instances]) await stop(service);
      await broker.close();
      clock.close();
      await database.drop();
      await rm(directory, { recursive: true });
    },
  });
}

interface Parts {
  readonly database: TestDatabase<'allocations'>;
  readonly broker: Broker;
  readonly tokens: (userId: string, role: string) => Promise<string>;
  readonly clock: Awaited<ReturnType<typeof clockServer>>;
  readonly first: RunningService;
  readonly start: () => Promise<RunningService>;
  readonly stop: (service: RunningService) => Promise<void>;
  readonly instances: ReadonlySet<RunningService>;
}

/** What a test does with the service: requests, messages, the clock. */
export class RunningAllocations {
  readonly first: RunningService;
  readonly start: Parts['start'];
  readonly stop: Parts['stop'];
  private readonly parts: Parts;
  private version = 0;

  constructor(parts: Parts) {
    this.parts = parts;
    this.first = parts.first;
    this.start = parts.start;
    this.stop = parts.stop;
  }

  /** Calls the API as somebody. */
  async call<Body = Record<string, unknown>>(
    userId: string,
    role: string,
    method: string,
    path: string,
    options: { body?: unknown; service?: RunningService } = {},
  ): Promise<Answer<Body>> {
    const service = options.service ?? this.parts.instances.values().next().value ?? this.first;
    const response = await fetch(`${service.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${await this.parts.tokens(userId, role)}`,
        ...(options.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(options.body === undefined ? {} : { body: JSON.stringify(options.body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  }

  register(resource: ResourceKey, ownerUserId: string): Promise<Answer> {
    return this.call('site', 'service', 'PUT', `/v1/resources/${pathOf(resource)}`, {
      body: { ownerUserId, title: 'A title' },
    });
  }

  set(userId: string, resource: ResourceKey, usdCents: unknown, service?: RunningService): Promise<Answer> {
    const options = { body: { usdCents }, ...(service === undefined ? {} : { service }) };
    return this.call(userId, 'supporter', 'PUT', `/v1/allocations/${pathOf(resource)}`, options);
  }

  async plan(userId: string, of?: Month): Promise<PlanBody> {
    const answer = await this.call<PlanBody>(userId, 'supporter', 'GET', `/v1/allocations${of ? `?month=${of}` : ''}`);
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    return answer.body;
  }

  close(of: Month, service?: RunningService): Promise<Answer> {
    return this.call('admin', 'admin', 'POST', `/v1/months/${of}/close`, service === undefined ? {} : { service });
  }

  closeState(of: Month): Promise<Answer> {
    return this.call('admin', 'admin', 'GET', `/v1/months/${of}/close`);
  }

  /** Says budgets as billing does. */
  async fund(
    budgets: readonly { userId: string; month: Month; paidCents?: number; openCents?: number; version?: number }[],
  ): Promise<void> {
    const bodies = budgets.map(({ userId, month: of, paidCents = 0, openCents = 0, version }) => ({
      part: 'budget' as const,
      userId: user(userId),
      month: of,
      paidCents,
      openCents,
      funding: openCents > 0 ? ('expected' as const) : paidCents > 0 ? ('paid' as const) : ('none' as const),
      invoiceIds: paidCents > 0 ? [`in_${userId}`] : [],
      currency: 'usd' as const,
      version: version ?? ++this.version,
    }));
    await this.send(
      fundingChanged,
      bodies.map((body) => ({ key: body.userId, body })),
    );
    await this.drain();
  }

  /** Says the closing message of a month's funding, of these paid budgets. */
  async closeFunding(of: Month, budgets: readonly { userId: string; paidCents: number }[]): Promise<void> {
    const paid = budgets.filter((budget) => budget.paidCents > 0);
    paid.sort((a, b) => Buffer.compare(Buffer.from(a.userId), Buffer.from(b.userId)));
    const hash = fundingHash();
    for (const budget of paid) hash.add(budget);
    const body: z.input<typeof FundingClosingSchema> = {
      part: 'closing',
      month: of,
      currency: 'usd',
      supporters: paid.length,
      paidCents: paid.reduce((sum, budget) => sum + budget.paidCents, 0),
      hash: hash.digest(),
    };
    await this.send(fundingChanged, [{ key: `closing:${of}`, body }]);
  }

  /** Sends messages as another service's relay does. */
  async send(topic: Topic, messages: readonly { key: string; body: unknown }[]): Promise<void> {
    await this.parts.broker.send(
      messages.map(({ key, body }) => ({
        topic: topic.name,
        key,
        value: encodeBody(topic, body),
        headers: { ce_id: crypto.randomUUID(), ce_time: new Date().toISOString(), ce_source: 'test' },
      })),
    );
  }

  /** Everything said so far on a topic, in order per key. */
  async heard<T extends Topic>(topic: T): Promise<{ key: string; body: MessageOf<T>; value: Buffer }[]> {
    const { broker } = this.parts;
    const groupId = crypto.randomUUID();
    const found: { key: string; body: MessageOf<T>; value: Buffer }[] = [];
    const consumer = await broker.subscribe({
      groupId,
      topics: [topic.name],
      maxRecords: 1_000,
      onCrash: (error) => {
        throw error;
      },
      onBatch: async (records) => {
        for (const { key, value, headers } of records) {
          const json = headers['content-encoding'] === 'zstd' ? zstdDecompressSync(value) : value;
          const body = topic.schema.parse(JSON.parse(json.toString('utf8'))) as MessageOf<T>;
          found.push({ key, body, value });
        }
        return { doneCount: records.length, retryAfterMs: 0 };
      },
    });
    await this.until('everything said is read', async () => (await broker.lag(groupId, [topic.name])) === 0);
    await consumer.stop();
    return found;
  }

  /** Sets the clock of every instance. */
  at(instant: string): Promise<void> {
    return this.parts.clock.set(instant);
  }

  /** Waits until nothing is under way in any instance. */
  async drain(): Promise<void> {
    let last = '';
    await this.until('idle', async () => {
      const reports = await Promise.all(
        [...this.parts.instances].map(async (service) =>
          IdleSchema.parse(await (await fetch(`${service.adminUrl}/idle`)).json()),
        ),
      );
      const idle = reports.every((report) => report.outbox === 0 && report.lag === 0 && report.due === 0);
      const now = JSON.stringify(reports);
      const settled = idle && now === last;
      last = now;
      return settled;
    });
  }

  /** Looks again and again until it is so; fails after 30 seconds. */
  async until(what: string, look: () => Promise<boolean>): Promise<void> {
    const endsAt = performance.now() + 30_000;
    while (!(await look())) {
      if (performance.now() > endsAt) throw new Error(`waited in vain: ${what}`);
      await delay(10);
    }
  }

  /** Runs SQL with the service's own role. */
  async sql<Row extends pg.QueryResultRow>(text: string, values: unknown[] = []): Promise<Row[]> {
    const client = new pg.Client({ connectionString: this.parts.database.urls.allocations.appUrl });
    await client.connect();
    try {
      return (await client.query<Row>(text, values)).rows;
    } finally {
      await client.end();
    }
  }
}

export function pathOf({ resourceType, resourceId }: ResourceKey): string {
  return `${resourceType}/${encodeURIComponent(resourceId)}`;
}

export function page(resourceId: string): ResourceKey {
  return { resourceType: 'page', resourceId };
}

async function tokenSource(jwksFile: string) {
  const { publicKey, privateKey } = await generateKeyPair('EdDSA');
  await writeFile(jwksFile, JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: 'EdDSA' }] }));
  return (userId: string, role: string) =>
    new SignJWT({ roles: [role] })
      .setProtectedHeader({ alg: 'EdDSA' })
      .setSubject(userId)
      .setExpirationTime('1h')
      .sign(privateKey);
}

/** The clock that steers the instances, as the sandbox is in the demo. */
async function clockServer() {
  let now = '2026-11-10T12:00:00.000Z';
  const followers = new Set<string>();
  const server = createServer(async (request, response) => {
    if (request.method === 'POST') {
      let text = '';
      for await (const part of request) text += part;
      followers.add(JSON.parse(text).url);
    }
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ now, running: false }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    forget: (adminUrl: string) => followers.delete(adminUrl),
    close: () => server.close(),
    set: async (instant: string) => {
      now = instant;
      for (const url of followers) {
        await fetch(`${url}/clock`, {
          method: 'PUT',
          headers: { 'content-type': 'application/json' },
          body: JSON.stringify({ now, running: false }),
        });
      }
    },
  };
}
