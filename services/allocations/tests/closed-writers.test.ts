import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { december, november, page, pathOf, type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations({ CHUNK_SUPPORTERS: '2' });
  for (const writer of ['wanda', 'walt', 'wim']) await service.register(page(`of-${writer}`), writer);
});
afterAll(() => service.stop());

const site = { sub: 'site', role: 'service' } as const;
const setState = (writer: string, state: string) =>
  service.call(site, { method: 'PUT', path: `/v1/writers/${writer}`, body: { state } });

describe('a writer who is not open', () => {
  test('A11: gets nothing new and nothing more; what stands stays, with the reason', async () => {
    await service.fund([{ userId: 'sam', month: november, paidCents: 1_000 }]);
    await service.set('sam', page('of-wanda'), 300);
    const since = '2026-11-10T12:00:00.000Z';
    expect(await setState('wanda', 'blocked')).toMatchObject({ status: 200, body: { state: 'blocked', since } });
    expect(await service.set('sam', page('of-wanda'), 301)).toMatchObject({
      status: 422,
      body: { code: 'writer_closed' },
    });
    expect((await service.plan('sam')).allocations).toMatchObject([{ usdCents: 300, writerState: 'blocked' }]);
    expect(await service.set('sam', page('of-wanda'), 200)).toMatchObject({ status: 200 });
    await service.setClock('2026-11-11T12:00:00.000Z');
    await setState('wanda', 'open');
    expect(await service.set('sam', page('of-wanda'), 300)).toMatchObject({
      status: 200,
      body: { allocation: { writerState: 'open' } },
    });
  });

  test('A11: states are kept with since and until; saying the same again changes nothing', async () => {
    await setState('wilma', 'closed');
    await setState('wilma', 'inactive');
    await service.setClock('2026-11-12T12:00:00.000Z');
    const answers = [await setState('wilma', 'inactive'), await setState('wilma', 'open')];
    expect(answers.map(({ body }) => body.since)).toEqual(['2026-11-11T12:00:00.000Z', '2026-11-12T12:00:00.000Z']);
    const kept = await service.query(sql<object>`
      select state, since, until from writer_state where user_id = 'wilma' order by since`);
    expect(kept).toEqual([
      { state: 'inactive', since: new Date('2026-11-11T12:00:00Z'), until: new Date('2026-11-12T12:00:00Z') },
      { state: 'open', since: new Date('2026-11-12T12:00:00Z'), until: null },
    ]);
  });

  test('A11: only the site says so, of a known state', async () => {
    const asked = { method: 'PUT', path: '/v1/writers/wim', body: { state: 'closed' } };
    for (const role of ['supporter', 'writer', 'admin'] as const) {
      expect(await service.call({ sub: 'wim', role }, asked)).toMatchObject({ status: 403 });
    }
    expect(await setState('wim', 'asleep')).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test('A11: at the cutoff, lines are left out before A6, and their cents are unallocated and counted', async () => {
    const paid = ['ann', 'bob', 'cid', 'sam'].map((userId) => ({ userId, paidCents: 1_000 }));
    await service.fund(paid.flatMap((one) => [november, december].map((month) => ({ ...one, month }))));
    for (const userId of ['ann', 'bob', 'cid']) {
      await service.set(userId, page('of-wanda'), 400);
      await service.set(userId, page('of-walt'), 600);
    }
    await service.set('sam', page('of-wanda'), 0);
    await service.set('sam', page('of-walt'), 1_000);
    await service.fund([{ userId: 'cid', month: november, paidCents: 300 }]);
    await service.setClock('2026-11-30T23:59:59.999Z');
    await setState('walt', 'closed');
    await service.setClock('2026-12-01T00:00:00.000Z');
    await setState('walt', 'open');
    await setState('wanda', 'closed');
    await service.setClock('2026-12-01T09:00:00.000Z');
    const amounts = async (userId: string) =>
      (await service.plan(userId, november)).allocations.map((line) => [line.recipientUserId, line.usdCents]);
    expect(await amounts('ann')).toEqual([['wanda', 400]]);
    const changedPaid = paid.map((one) => (one.userId === 'cid' ? { ...one, paidCents: 300 } : one));
    await service.closeFunding(november, changedPaid);
    await service.close(november);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({
      body: {
        state: 'locked',
        leftOut: { lines: 4, usdCents: 3 * 600 + 1_000 },
        totals: { supporters: 4, lines: 3, paidCents: 3_300, fundedCents: 1_100, unallocatedCents: 2_200 },
      },
    });
    expect((await service.plan('cid', november)).allocations).toMatchObject([{ usdCents: 400, fundedCents: 300 }]);
    expect((await service.plan('sam', november)).allocations).toEqual([]);
    expect((await service.plan('sam')).allocations).toMatchObject([{ recipientUserId: 'walt', writerState: 'open' }]);
  });

  test('A11, A5: a clock that is behind closes no writer for a month whose close has begun', async () => {
    await service.setClock('2026-11-30T12:00:00.000Z');
    expect(await setState('wim', 'closed')).toMatchObject({ body: { since: '2026-12-01T00:00:00.000Z' } });
    await service.setClock('2026-12-02T12:00:00.000Z');
  });
});

describe('the support of a resource', () => {
  const support = (sub: string, id: string, role: 'writer' | 'supporter' = 'writer') =>
    service.call({ sub, role }, { path: `/v1/resources/${pathOf(page(id))}/support` });

  test('is what stands for it, for its writer only', async () => {
    await service.register(page('song'), 'wolf');
    await service.fund(['dan', 'eve'].map((userId) => ({ userId, month: december, paidCents: 1_000 })));
    await service.set('dan', page('song'), 120);
    await service.set('eve', page('song'), 80);
    expect(await support('wolf', 'song')).toMatchObject({ status: 200, body: { supporters: 2, usdCents: 200 } });
    expect(await support('walt', 'song')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await support('walt', 'unheard-of')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await support('wolf', 'song', 'supporter')).toMatchObject({ status: 403 });
  });

  test('of a new owner leaves out what was meant for the one before', async () => {
    await service.register(page('song'), 'wren');
    await service.set('eve', page('song'), 80);
    expect(await support('wren', 'song')).toMatchObject({ body: { supporters: 1, usdCents: 80 } });
    expect(await support('wolf', 'song')).toMatchObject({ status: 404 });
  });
});

describe('preferences', () => {
  test('A12: the step of the buttons is 50 cents until the supporter says otherwise', async () => {
    const put = (body: object) => service.asSupporter('sam', 'PUT', '/v1/preferences', body);
    expect(await service.asSupporter('sam', 'GET', '/v1/preferences')).toEqual({
      status: 200,
      body: { incrementCents: 50 },
    });
    for (const incrementCents of [10, 25, 25]) expect(await put({ incrementCents })).toMatchObject({ status: 200 });
    expect((await service.asSupporter('sam', 'GET', '/v1/preferences')).body).toEqual({ incrementCents: 25 });
    expect((await service.asSupporter('tom', 'GET', '/v1/preferences')).body).toEqual({ incrementCents: 50 });
    for (const body of [{ incrementCents: 0 }, { incrementCents: 1.5 }, { incrementCents: 5, more: 1 }, {}]) {
      expect(await put(body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
  });
});
