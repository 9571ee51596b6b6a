import { setTimeout as delay } from 'node:timers/promises';
import { zstdDecompressSync } from 'node:zlib';
import {
  type Allocation,
  type AllocationSummary,
  cents,
  closingKey,
  fundingChanged,
  fundingHash,
  type MessageOf,
  type Month,
  month,
  monthReconciled,
  monthStalled,
  nextMonth,
  type ResourceKey,
  type Topic,
  UserIdSchema,
} from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { type Database, realTime, runnable, type TechnicalTime } from '@wewrite/service-kit';
import type { RawBuilder } from 'kysely';
import { allocations } from '../src/app.ts';
import type { Schema } from '../src/db.ts';
import { closeRunOf } from '../src/month-close.ts';

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

/** A message that the service has said. */
export interface Said<T extends Topic> {
  readonly key: string;
  readonly body: MessageOf<T>;
  /** Its bytes in Kafka. */
  readonly value: Buffer;
}

export interface Budget {
  readonly userId: string;
  readonly month: Month;
  readonly paidCents?: number;
  readonly openCents?: number;
  /** Rises with each message when it is not given. */
  readonly version?: number;
}

export type RunningAllocations = Awaited<ReturnType<typeof startAllocations>>;

/** The allocations service on 10 November 2026, what a test asks of it, and what billing says to it. */
export async function startAllocations(environment: Record<string, string> = {}, time: TechnicalTime = realTime) {
  const harness = await startHarness({
    services: [runnable(allocations)],
    now: '2026-11-10T12:00:00.000Z',
    environment,
    time,
  });
  return {
    ...harness,
    ...requestsTo(harness),
    ...billingTo(harness),
    heard: <T extends Topic>(topic: T) => heard(harness, topic),
  };
}

export function page(resourceId: string): ResourceKey {
  return { resourceType: 'page', resourceId };
}

export function pathOf({ resourceType, resourceId }: ResourceKey): string {
  return `${resourceType}/${encodeURIComponent(resourceId)}`;
}

function requestsTo(harness: Harness) {
  const call = async <Body = Record<string, unknown>>(
    caller: { sub: string; role: 'supporter' | 'writer' | 'admin' | 'service' },
    request: { method?: string; path: string; body?: unknown; url?: string; headers?: Record<string, string> },
  ): Promise<Answer<Body>> => {
    const response = await fetch(`${request.url ?? harness.url('allocations')}${request.path}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: `Bearer ${await harness.token({ sub: caller.sub, roles: [caller.role] })}`,
        ...request.headers,
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };
  const admin = { sub: 'root', role: 'admin' } as const;
  return {
    call,
    asSupporter: <Body = Record<string, unknown>>(sub: string, method: string, path: string, body?: unknown) =>
      call<Body>({ sub, role: 'supporter' }, { method, path, body }),
    register: (resource: ResourceKey, ownerUserId: string) =>
      call(
        { sub: 'site', role: 'service' },
        { method: 'PUT', path: `/v1/resources/${pathOf(resource)}`, body: { ownerUserId, title: 'A title' } },
      ),
    set: (sub: string, resource: ResourceKey, usdCents: number) =>
      call(
        { sub, role: 'supporter' },
        { method: 'PUT', path: `/v1/allocations/${pathOf(resource)}`, body: { usdCents } },
      ),
    plan: async (sub: string, of?: Month): Promise<PlanBody> => {
      const path = `/v1/allocations${of === undefined ? '' : `?month=${of}`}`;
      const answer = await call<PlanBody>({ sub, role: 'supporter' }, { path });
      if (answer.status !== 200) throw new Error(JSON.stringify(answer.body));
      return answer.body;
    },
    close: (of: Month, url?: string) =>
      call(admin, { method: 'POST', path: `/v1/months/${of}/close`, ...(url === undefined ? {} : { url }) }),
    closeState: (of: Month) => call(admin, { path: `/v1/months/${of}/close` }),
    /** Runs a statement with the service's own role. */
    query: async <Row>(statement: RawBuilder<Row>): Promise<Row[]> => {
      const database: Database<Schema> = harness.database('allocations');
      return (await statement.execute(database.kysely)).rows;
    },
  };
}

/** What billing says. */
function billingTo(harness: Harness) {
  let version = 0;
  return {
    /** Budgets of users and months; waits until they are applied. */
    fund: async (budgets: readonly Budget[]): Promise<void> => {
      for (const budget of budgets) {
        version += 1;
        const { paidCents = 0, openCents = 0 } = budget;
        const body: MessageOf<typeof fundingChanged> = {
          part: 'budget',
          userId: UserIdSchema.parse(budget.userId),
          month: budget.month,
          paidCents: cents(paidCents),
          openCents: cents(openCents),
          funding: openCents > 0 ? 'expected' : paidCents > 0 ? 'paid' : 'none',
          invoiceIds: paidCents > 0 ? [`in_${budget.userId}`] : [],
          currency: 'usd',
          version: budget.version ?? version,
        };
        await harness.say(fundingChanged, { key: budget.userId, id: crypto.randomUUID(), body });
      }
      await harness.settled();
    },
    /** As monitoring says it once a month's close is over everywhere. */
    reconcile: async (of: Month): Promise<void> => {
      const run = closeRunOf(of);
      const body = monthReconciled.schema.parse({ run, month: of, at: `${nextMonth(of)}-01T09:00:00.000Z` });
      await harness.say(monthReconciled, { key: of, id: run.runId, body });
      await harness.settled();
    },
    /** As payouts says it once what is left of a month's close waits for a person. */
    stall: async (of: Month): Promise<void> => {
      const at = `${nextMonth(of)}-01T09:00:00.000Z`;
      const body = monthStalled.schema.parse({ run: closeRunOf(of), month: of, because: 'operator', at });
      await harness.say(monthStalled, { key: of, id: `stalled-${of}`, body });
      await harness.settled();
    },
    /** The closing message of a month's funding, as if these were all of its budgets. */
    closeFunding: async (of: Month, budgets: readonly { userId: string; paidCents: number }[]): Promise<void> => {
      const paid = budgets.filter((budget) => budget.paidCents > 0);
      paid.sort((a, b) => Buffer.compare(Buffer.from(a.userId), Buffer.from(b.userId)));
      const hash = fundingHash();
      for (const budget of paid) hash.add(budget);
      const body: MessageOf<typeof fundingChanged> = {
        part: 'closing',
        month: of,
        currency: 'usd',
        supporters: paid.length,
        paidCents: cents(paid.reduce((sum, budget) => sum + budget.paidCents, 0)),
        hash: hash.digest(),
      };
      await harness.say(fundingChanged, { key: closingKey(of), id: crypto.randomUUID(), body });
    },
  };
}

/** Everything said so far on a topic, in order per key. */
async function heard<T extends Topic>({ broker, topicName }: Harness, topic: T): Promise<Said<T>[]> {
  const said: Said<T>[] = [];
  const name = topicName(topic);
  const groupId = crypto.randomUUID();
  const consumer = await broker.subscribe({
    groupId,
    topics: [name],
    maxRecords: 1_000,
    onCrash: (error) => {
      throw error;
    },
    onBatch: async (records) => {
      for (const { key, value, headers } of records) {
        const json = headers['content-encoding'] === 'zstd' ? zstdDecompressSync(value) : value;
        said.push({ key, value, body: topic.schema.parse(JSON.parse(json.toString('utf8'))) as MessageOf<T> });
      }
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
  await eventually('everything said is read', async () => (await broker.lag(groupId, [name])) === 0);
  await consumer.stop();
  return said;
}

/** Looks again and again until it is so; fails after 30 seconds. */
export async function eventually(what: string, look: () => Promise<boolean>): Promise<void> {
  const deadline = AbortSignal.timeout(30_000);
  while (!(await look())) {
    if (deadline.aborted) throw new Error(`waited in vain: ${what}`);
    await delay(5);
  }
}
