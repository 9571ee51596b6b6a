import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allocationChanged } from '@wewrite/contracts';
import { sql } from 'kysely';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations();
  for (let index = 1; index <= 3; index++) await service.register(page(`essay-${index}`), 'wanda');
});
afterAll(() => service.stop());

/** A supporter of this test only, with a budget in the running month. */
async function supporter(name: string, paidCents: number): Promise<string> {
  await service.fund([{ userId: name, month: november, paidCents }]);
  return name;
}

describe('budgets', () => {
  test('A6: a budget that shrinks keeps the plan, and only what lowers it is accepted', async () => {
    const tess = await supporter('tess', 1_000);
    await service.set(tess, page('essay-1'), 500);
    await service.set(tess, page('essay-2'), 500);
    await supporter(tess, 600);
    expect((await service.plan(tess)).summary).toMatchObject({
      totalCents: 600,
      availableCents: 0,
      overspentCents: 400,
    });
    expect(await service.set(tess, page('essay-1'), 501)).toMatchObject({ status: 409, body: { availableCents: 0 } });
    expect(await service.set(tess, page('essay-3'), 1)).toMatchObject({ status: 409 });
    expect(await service.set(tess, page('essay-1'), 450)).toMatchObject({
      status: 200,
      body: { summary: { overspentCents: 350 } },
    });
  });

  test('A5: the expected renewal can be allocated before it is paid', async () => {
    await service.fund([{ userId: 'uma', month: november, paidCents: 200, openCents: 800 }]);
    expect(await service.set('uma', page('essay-1'), 1_000)).toMatchObject({
      status: 200,
      body: { summary: { funding: 'expected', totalCents: 1_000, availableCents: 0 } },
    });
  });

  test('an older budget never replaces a newer one, in whatever order they come', async () => {
    await service.fund([{ userId: 'vic', month: november, paidCents: 700, version: 1_002 }]);
    await service.fund([{ userId: 'vic', month: november, paidCents: 100, version: 1_001 }]);
    await service.fund([
      { userId: 'wim', month: november, paidCents: 500, version: 2_002 },
      { userId: 'wim', month: november, paidCents: 100, version: 2_001 },
    ]);
    expect((await service.plan('vic')).summary.totalCents).toBe(700);
    expect((await service.plan('wim')).summary.totalCents).toBe(500);
  });

  test('A7: who has no budget has a plan of nothing, and can read it', async () => {
    const { summary } = await service.plan('stranger');
    expect(summary).toMatchObject({ funding: 'none', totalCents: 0, availableCents: 0 });
    expect(await service.set('stranger', page('essay-1'), 1)).toMatchObject({
      status: 409,
      body: { availableCents: 0 },
    });
  });
});

describe('history', () => {
  test('A10: each change is kept, with who, when, before, after, month and request, and is told', async () => {
    const xena = await supporter('xena', 1_000);
    await service.set(xena, page('essay-1'), 100);
    await service.set(xena, page('essay-1'), 100);
    await service.set(xena, page('essay-1'), 300);
    await service.set(xena, page('essay-1'), 0);
    const read = (query: string) =>
      service.asSupporter<{ changes: Record<string, unknown>[]; nextCursor: string | null }>(
        xena,
        'GET',
        `/v1/allocations/history${query}`,
      );
    const first = await read('?limit=2');
    const rest = await read(`?limit=2&cursor=${first.body.nextCursor}`);
    expect(rest.body.nextCursor).toBeNull();
    expect([...first.body.changes, ...rest.body.changes]).toMatchObject([
      {
        version: 3,
        beforeCents: 300,
        afterCents: 0,
        changedBy: 'xena',
        month: '2026-11',
        at: '2026-11-10T12:00:00.000Z',
      },
      { version: 2, beforeCents: 100, afterCents: 300 },
      { version: 1, beforeCents: 0, afterCents: 100, requestId: expect.stringMatching(/^[0-9a-f]{32}$/) },
    ]);
    await service.settled();
    const told = (await service.heard(allocationChanged)).filter(({ key }) => key === xena);
    expect(told.map(({ body }) => [body.version, body.beforeCents, body.afterCents, body.recipientUserId])).toEqual([
      [1, 0, 100, 'wanda'],
      [2, 100, 300, 'wanda'],
      [3, 300, 0, 'wanda'],
    ]);
  });

  test('A10: the service itself cannot change or remove what is kept', async () => {
    await expect(service.query(sql`update allocation_change set after_cents = 1`)).rejects.toThrow('permission denied');
    await expect(service.query(sql`delete from allocation_change`)).rejects.toThrow('permission denied');
    await expect(service.query(sql`delete from close_chunk`)).rejects.toThrow('permission denied');
  });

  test('A4: a month that never was, or is to come, is unknown', async () => {
    for (const unknown of ['1999-01', '2026-10', december]) {
      const answer = await service.asSupporter('sam', 'GET', `/v1/allocations?month=${unknown}`);
      expect(answer).toMatchObject({ status: 422, body: { code: 'unknown_month' } });
    }
    const malformed = await service.asSupporter('sam', 'GET', '/v1/allocations?month=2026-13');
    expect(malformed).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });
});

describe('the API page', () => {
  test('OpenAPI names every route with its answers and problems', async () => {
    const response = await fetch(`${service.url('allocations')}/openapi.json`);
    const { paths } = (await response.json()) as { paths: Record<string, Record<string, { responses: object }>> };
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.entries(methods).map(([method, { responses }]) => `${method} ${path} ${Object.keys(responses).join()}`),
    );
    expect(routes.sort()).toEqual([
      'delete /v1/allocations/{resourceType}/{resourceId} 200,4XX,5XX',
      'delete /v1/schedules/{scheduleId} 200,4XX,5XX',
      'get /v1/allocations 200,4XX,5XX',
      'get /v1/allocations/history 200,4XX,5XX',
      'get /v1/allocations/stream 200,4XX,5XX',
      'get /v1/allocations/{resourceType}/{resourceId} 200,4XX,5XX',
      'get /v1/imports/duplicates 200,4XX,5XX',
      'get /v1/months/current 200,4XX,5XX',
      'get /v1/months/{month}/close 200,4XX,5XX',
      'get /v1/preferences 200,4XX,5XX',
      'get /v1/resources/{resourceType}/{resourceId} 200,4XX,5XX',
      'get /v1/resources/{resourceType}/{resourceId}/support 200,4XX,5XX',
      'get /v1/schedules 200,4XX,5XX',
      'post /v1/allocations/batch 200,4XX,5XX',
      'post /v1/allocations/undo 200,4XX,5XX',
      'post /v1/imports/{userId}/merge 200,4XX,5XX',
      'post /v1/months/{month}/close 200,202,4XX,5XX',
      'post /v1/schedules 201,4XX,5XX',
      'put /v1/allocations/{resourceType}/{resourceId} 200,4XX,5XX',
      'put /v1/imports/{userId} 200,4XX,5XX',
      'put /v1/preferences 200,4XX,5XX',
      'put /v1/resources/{resourceType}/{resourceId} 200,4XX,5XX',
      'put /v1/schedules/{scheduleId} 200,4XX,5XX',
      'put /v1/writers/{userId} 200,4XX,5XX',
    ]);
  });
});
