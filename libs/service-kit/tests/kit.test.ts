import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writerChanged } from '@wewrite/contracts';
import { sql } from 'kysely';
import { z } from 'zod';
import { type KitHarness, startKitService } from './kit-service.ts';

let kit: KitHarness;
beforeAll(async () => {
  kit = await startKitService();
});
afterAll(() => kit.stop());

const message = (userId: string, version: number) =>
  writerChanged.schema.parse({ userId, version, accountId: null, canReceive: false, reason: 'no_payout_account' });

describe('a message from outbox to inbox', () => {
  test('what commits is said, heard and applied once, in order per key', async () => {
    await kit.own.transaction(async (tx) => {
      const messages = Array.from({ length: 300 }, (_, index) => ({
        key: `user-${index % 7}`,
        body: message(`user-${index % 7}`, index + 1),
      }));
      await kit.outbox.emit(tx, writerChanged, messages);
    });
    await kit.settled();
    expect(kit.heard).toHaveLength(300);
    for (let user = 0; user < 7; user++) {
      const versions = kit.heard.filter((heard) => heard.userId === `user-${user}`).map((heard) => heard.version);
      expect(versions).toEqual(versions.toSorted((a, b) => a - b));
    }
  });

  test('what rolls back is never said', async () => {
    const before = kit.heard.length;
    await expect(
      kit.own.transaction(async (tx) => {
        await kit.outbox.emit(tx, writerChanged, [{ key: 'gone', body: message('gone', 1) }]);
        throw new Error('changed my mind');
      }),
    ).rejects.toThrow('changed my mind');
    await kit.settled();
    expect(kit.heard).toHaveLength(before);
  });

  test('the same id is applied once, however often it is sent', async () => {
    const before = kit.heard.length;
    for (let round = 0; round < 3; round++) {
      await kit.own.transaction((tx) =>
        kit.outbox.emit(tx, writerChanged, [{ key: 'twice', id: 'the-same-cause', body: message('twice', 1) }]),
      );
      await kit.settled();
    }
    expect(kit.heard).toHaveLength(before + 1);
  });

  test('a message that always fails is parked with its reason, its neighbours flow', async () => {
    const before = kit.heard.length;
    await kit.own.transaction((tx) =>
      kit.outbox.emit(
        tx,
        writerChanged,
        [1, 2, 3, 4, 5].map((version) => ({
          key: 'mixed',
          body: message(version === 3 ? 'poison' : 'mixed', version),
        })),
      ),
    );
    await kit.settled();
    expect(kit.heard.slice(before).map((heard) => heard.version)).toEqual([1, 2, 4, 5]);
    const { rows } = await sql<{ reason: string; topic: string }>`select reason, topic from parked_message`.execute(
      kit.own.kysely,
    );
    expect(rows).toEqual([
      { topic: expect.stringContaining('writer.changed'), reason: expect.stringContaining('poison') },
    ]);
  });

  test('a record that is not a message of its topic is parked too', async () => {
    await kit.broker.send([
      { topic: kit.topicName(writerChanged), key: 'k', value: Buffer.from('{"no":1'), headers: {} },
    ]);
    await kit.settled();
    const { rows } = await sql<{ reason: string }>`select reason from parked_message order by parked_at`.execute(
      kit.own.kysely,
    );
    expect(rows.map((row) => row.reason)).toContainEqual('header ce_id is missing');
  });

  test('a transient failure pauses the partition and loses nothing', async () => {
    const before = kit.heard.length;
    kit.failTransiently(2);
    await kit.own.transaction((tx) =>
      kit.outbox.emit(tx, writerChanged, [{ key: 'patient', body: message('patient', 1) }]),
    );
    await kit.settled();
    expect(kit.heard.slice(before).map((heard) => heard.userId)).toEqual(['patient']);
  });
});

describe('schedules follow business time', () => {
  test('a jump of the clock runs each missed due instant once, in order', async () => {
    await kit.setClock('2026-11-03T12:00:00.000Z');
    await kit.settled();
    expect(kit.scheduled).toEqual(['2026-11-02T00:00:00.000Z', '2026-11-03T00:00:00.000Z']);
    await kit.setClock('2026-11-03T12:00:01.000Z');
    await kit.settled();
    expect(kit.scheduled).toHaveLength(2);
  });
});

describe('metrics', () => {
  test('Prometheus reads what is under way and how long answers took, by route and never by id', async () => {
    await fetch(`${kit.ownUrl}/v1/echo/somebody`, { method: 'PUT' });
    const text = await (await fetch(`${kit.adminUrl('payouts')}/metrics`)).text();
    expect(text).toMatch(/^wewrite_outbox_messages\{service="payouts"\} 0$/m);
    expect(text).toMatch(/^wewrite_consumer_lag_messages\{service="payouts"\} 0$/m);
    expect(text).toMatch(/^wewrite_parked_messages\{service="payouts"\} 2$/m);
    expect(text).toMatch(/^wewrite_outbox_oldest_seconds\{service="payouts"\} 0$/m);
    expect(text).toMatch(/^wewrite_relay_leads\{service="payouts"\} 1$/m);
    expect(text).toMatch(
      /^wewrite_http_request_duration_seconds_count\{.*route="\/v1\/echo\/:id",status="401"\} \d+$/m,
    );
    expect(text).not.toContain('somebody');
  });
});

describe('HTTP', () => {
  const ProblemSchema = z.looseObject({ code: z.string(), status: z.int(), detail: z.string(), traceId: z.string() });
  const problemOf = async (answer: Response) => {
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    const problem = ProblemSchema.parse(await answer.json());
    expect(problem.status).toBe(answer.status);
    expect(problem.traceId).toMatch(/^[0-9a-f]{32}$/);
    return problem;
  };

  test('a refusal, a bad body, an unknown path and no token are problems with stable codes', async () => {
    const token = await kit.token({ sub: 'ada', roles: ['supporter'] });
    const put = (body: string, headers: Record<string, string> = {}) =>
      fetch(`${kit.ownUrl}/v1/echo/one`, {
        method: 'PUT',
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, ...headers },
        body,
      });
    expect((await problemOf(await put('{"cents": 12}'))).code).toBe('self_support');
    expect((await problemOf(await put('{"cents": 1.5}'))).code).toBe('invalid_request');
    expect((await problemOf(await put('{"cents": 1, "more": 2}'))).code).toBe('invalid_request');
    expect((await problemOf(await put('{"cents": 12'))).code).toBe('invalid_request');
    expect((await problemOf(await put('{}', { 'content-type': 'text/plain' }))).code).toBe('unsupported_media_type');
    expect((await problemOf(await put('{}', { authorization: '' }))).code).toBe('unauthenticated');
    expect((await problemOf(await put('{}', { authorization: `Bearer ${token}x` }))).code).toBe('unauthenticated');
    expect((await problemOf(await fetch(`${kit.ownUrl}/v1/nowhere`))).code).toBe('not_found');
    expect((await problemOf(await fetch(`${kit.ownUrl}/v1/echo/%FF`))).code).toBe('invalid_request');
    expect((await problemOf(await put(`{"cents": ${'1'.repeat(1_100_000)}}`))).code).toBe('payload_too_large');
    const writer = await kit.token({ sub: 'ada', roles: ['writer'] });
    expect((await problemOf(await put('{}', { authorization: `Bearer ${writer}` }))).code).toBe('forbidden');
  });

  test('OpenAPI is served and names the route, its access and its problems', async () => {
    const document = z
      .looseObject({ openapi: z.string(), paths: z.record(z.string(), z.record(z.string(), z.looseObject({}))) })
      .parse(await (await fetch(`${kit.ownUrl}/openapi.json`)).json());
    expect(document.openapi).toBe('3.1.0');
    expect(document.paths['/v1/echo/{id}']?.put).toMatchObject({
      security: [{ bearer: [] }],
      responses: { '200': expect.anything(), '4XX': { content: { 'application/problem+json': expect.anything() } } },
    });
  });
});
