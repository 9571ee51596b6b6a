import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { sql } from 'kysely';
import { z } from 'zod';
import {
  identityOf,
  type KitConfig,
  keepAnswer,
  kitEnvironment,
  problemResponses,
  Refusal,
  realTime,
  runnable,
  type ServiceDefinition,
  type TechnicalTime,
} from '../src/index.ts';

let harness: Harness;
let aheadMs = 0;
/** Where the handlers stop for as long as a test wants, as a process does that has died there. */
let stopAt: { readonly place: string; readonly reached: () => void; readonly until: Promise<void> } | undefined;

const time: TechnicalTime = { ...realTime, now: () => new Date(Date.now() + aheadMs) };
const BodySchema = z.strictObject({ cents: z.int() });
const OrderSchema = z.object({ order: z.int(), cents: z.int(), calls: z.int() });
const path = '/v1/shops/north/orders';

/** Takes orders in two ways: the answer kept with the effect, or the effect as a step that is persisted by itself. */
const shop: ServiceDefinition<KitConfig, unknown> = {
  name: 'payouts',
  version: '1.0.0',
  environment: kitEnvironment(0),
  migrations: [{ name: 'orders', directory: new URL('./orders/', import.meta.url) }],
  create: ({ database }) => {
    let calls = 0;
    const schema = { body: BodySchema, response: { 201: OrderSchema, ...problemResponses } };
    const stop = async (place: string) => {
      if (stopAt?.place !== place) return;
      stopAt.reached();
      await stopAt.until;
    };
    return {
      routes: (server) => {
        const params = z.object({ shop: z.string() });
        server.post(
          '/v1/shops/:shop/orders',
          { schema: { ...schema, params }, config: { access: ['supporter'] } },
          async (request, reply) => {
            calls += 1;
            const { cents } = request.body;
            if (cents === 12) throw new Refusal('self_support', 'Twelve is refused.');
            if (cents === 13 && calls % 2 === 1) throw new Error('thirteen fails now and then');
            const answer = await database.transaction(async (tx) => {
              const { rows } = await sql<{ id: number }>`
                insert into customer_order (user_id, cents) values (${identityOf(request).userId}, ${cents})
                returning id`.execute(tx);
              await stop('before commit');
              reply.status(201);
              return keepAnswer(tx, reply, { order: rows[0]?.id ?? 0, cents, calls });
            });
            await stop('after commit');
            return answer;
          },
        );
        server.post('/v1/steps', { schema, config: { access: ['supporter'] } }, async (request, reply) => {
          calls += 1;
          const { userId } = identityOf(request);
          await sql`
            insert into customer_order (user_id, cents) select ${userId}, ${request.body.cents}
            where not exists (select from customer_order where user_id = ${userId})`.execute(database.kysely);
          await stop('after commit');
          return reply.status(201).send({ order: 1, cents: request.body.cents, calls });
        });
      },
    };
  },
};

beforeAll(async () => {
  harness = await startHarness({ services: [runnable(shop)], now: '2026-11-10T12:00:00.000Z', time });
});
afterAll(() => harness.stop());

interface Ask {
  readonly sub: string;
  readonly key?: string;
  readonly cents?: number;
  readonly path?: string;
  readonly url?: string;
}

async function ask(asked: Ask) {
  const response = await fetch(`${asked.url ?? harness.url('payouts')}${asked.path ?? path}`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${await harness.token({ sub: asked.sub, roles: ['supporter'] })}`,
      'content-type': 'application/json',
      ...(asked.key === undefined ? {} : { 'idempotency-key': asked.key }),
    },
    body: JSON.stringify({ cents: asked.cents ?? 500 }),
  });
  return { status: response.status, type: response.headers.get('content-type'), text: await response.text() };
}

const codeOf = ({ status, text }: { status: number; text: string }) => [status, JSON.parse(text).code];

async function ordersOf(sub: string): Promise<number> {
  const { rows } = await sql<{ orders: number }>`
    select count(*) as orders from customer_order where user_id = ${sub}`.execute(harness.database('payouts').kysely);
  return rows[0]?.orders ?? -1;
}

/** Lets the next handlers stop at a place until they are released. */
function stopHandlers(place: 'before commit' | 'after commit') {
  const reached = Promise.withResolvers<void>();
  const released = Promise.withResolvers<void>();
  stopAt = { place, reached: reached.resolve, until: released.promise };
  return {
    reached: async () => {
      await reached.promise;
      stopAt = undefined;
    },
    release: released.resolve,
  };
}

describe('an Idempotency-Key', () => {
  test('one key a hundred times at once, at two replicas: one effect, one answer', async () => {
    const replica = await harness.startReplica('payouts');
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, index) =>
        ask({ sub: 'ann', key: 'k-1', ...(index % 2 === 0 ? {} : { url: replica.url }) }),
      ),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]).toMatchObject({ status: 201, type: 'application/json; charset=utf-8' });
    expect(await ordersOf('ann')).toBe(1);
    await replica.stop();
  });

  test('without a key each request has its effect; keys belong to one user and route', async () => {
    for (let turn = 0; turn < 2; turn++) await ask({ sub: 'bob' });
    expect(await ordersOf('bob')).toBe(2);
    await ask({ sub: 'bea', key: 'shared' });
    await ask({ sub: 'ben', key: 'shared' });
    expect([await ordersOf('bea'), await ordersOf('ben')]).toEqual([1, 1]);
    expect(await ask({ sub: 'ben', key: 'shared', path: '/v1/steps' })).toMatchObject({ status: 201 });
  });

  test('another body, or another resource, under the same key is a mismatch', async () => {
    await ask({ sub: 'cid', key: 'k' });
    expect(codeOf(await ask({ sub: 'cid', key: 'k', cents: 501 }))).toEqual([422, 'idempotency_mismatch']);
    const elsewhere = await ask({ sub: 'cid', key: 'k', path: '/v1/shops/south/orders' });
    expect(codeOf(elsewhere)).toEqual([422, 'idempotency_mismatch']);
    expect(await ordersOf('cid')).toBe(1);
  });

  test('a refusal is an answer, trace id included; a failure is tried again', async () => {
    const first = await ask({ sub: 'dan', key: 'refused', cents: 12 });
    expect(codeOf(first)).toEqual([422, 'self_support']);
    expect(await ask({ sub: 'dan', key: 'refused', cents: 12 })).toEqual(first);
    const statuses: number[] = [];
    for (let turn = 0; turn < 3; turn++) statuses.push((await ask({ sub: 'dan', key: 'fails', cents: 13 })).status);
    expect(statuses.slice(-2)).toEqual([201, 201]);
    expect(await ordersOf('dan')).toBe(1);
  });

  test('an odd key is refused', async () => {
    expect(codeOf(await ask({ sub: 'eve', key: 'with space' }))).toEqual([400, 'invalid_request']);
    expect(codeOf(await ask({ sub: 'eve', key: 'x'.repeat(256) }))).toEqual([400, 'invalid_request']);
  });

  test('still running after five seconds is busy, and answered once it has ended', async () => {
    const stopped = stopHandlers('before commit');
    const first = ask({ sub: 'fay', key: 'slow' });
    await stopped.reached();
    expect(codeOf(await ask({ sub: 'fay', key: 'slow' }))).toEqual([409, 'busy']);
    const waiting = ask({ sub: 'fay', key: 'slow' });
    stopped.release();
    expect(await waiting).toEqual(await first);
    expect(await ordersOf('fay')).toBe(1);
  });

  test('stopped after the commit and before the answer: the effect is there once, and its answer at once', async () => {
    const stopped = stopHandlers('after commit');
    const lost = ask({ sub: 'gus', key: 'lost' });
    await stopped.reached();
    const replica = await harness.startReplica('payouts');
    const again = await ask({ sub: 'gus', key: 'lost', url: replica.url });
    expect(again.status).toBe(201);
    expect(await ordersOf('gus')).toBe(1);
    stopped.release();
    expect(await lost).toEqual(again);
    await replica.stop();
  });

  test('stopped before the commit for longer than its claim: a repetition has the one effect', async () => {
    const stopped = stopHandlers('before commit');
    const stuck = ask({ sub: 'hal', key: 'stuck' });
    await stopped.reached();
    aheadMs += 31_000;
    const again = await ask({ sub: 'hal', key: 'stuck' });
    expect(again.status).toBe(201);
    stopped.release();
    expect(codeOf(await stuck)).toEqual([409, 'busy']);
    expect(await ask({ sub: 'hal', key: 'stuck' })).toEqual(again);
    expect(await ordersOf('hal')).toBe(1);
  });

  test('many repetitions at once after its claim has ended: one of them takes its place, and all get that answer', async () => {
    const stopped = stopHandlers('before commit');
    const stuck = ask({ sub: 'hob', key: 'stuck' });
    await stopped.reached();
    aheadMs += 31_000;
    const again = await Promise.all(Array.from({ length: 20 }, () => ask({ sub: 'hob', key: 'stuck' })));
    expect(again[0]).toMatchObject({ status: 201 });
    expect(new Set(again.map((answer) => JSON.stringify(answer))).size).toBe(1);
    stopped.release();
    expect(codeOf(await stuck)).toEqual([409, 'busy']);
    expect(await ordersOf('hob')).toBe(1);
  });

  test('a handler that persists its own steps is run again once its claim has ended', async () => {
    const stopped = stopHandlers('after commit');
    const stuck = ask({ sub: 'ida', key: 'steps', path: '/v1/steps' });
    await stopped.reached();
    aheadMs += 31_000;
    const again = await ask({ sub: 'ida', key: 'steps', path: '/v1/steps' });
    expect(again.status).toBe(201);
    expect(await ordersOf('ida')).toBe(1);
    stopped.release();
    await stuck;
    expect(await ask({ sub: 'ida', key: 'steps', path: '/v1/steps' })).toEqual(again);
  });

  test('answers are kept for a day of real time, then forgotten', async () => {
    const first = await ask({ sub: 'joe', key: 'old' });
    aheadMs += 23 * 3_600_000;
    await harness.setClock('2026-11-11T04:00:00.000Z');
    expect(await ask({ sub: 'joe', key: 'old' })).toEqual(first);
    aheadMs += 2 * 3_600_000;
    await harness.setClock('2026-11-12T04:00:00.000Z');
    expect(await ask({ sub: 'joe', key: 'old' })).not.toEqual(first);
    expect(await ordersOf('joe')).toBe(2);
  });

  test('OpenAPI names the header of each POST route, as optional', async () => {
    const document = await (await fetch(`${harness.url('payouts')}/openapi.json`)).json();
    const { paths } = document as { paths: Record<string, { post: { parameters: object[] } }> };
    for (const route of ['/v1/steps', '/v1/shops/{shop}/orders']) {
      expect(paths[route]?.post.parameters).toContainEqual(
        expect.objectContaining({ in: 'header', name: 'idempotency-key', required: false }),
      );
    }
  });
});
