import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { november, page, pathOf, type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations();
  for (let index = 0; index < 70; index++) await service.register(page(`essay-${index}`), 'wanda');
  await service.register(page('own'), 'sid');
});
afterAll(() => service.stop());

/** A supporter of this test only, with a budget in the running month. */
async function supporter(name: string, paidCents: number): Promise<string> {
  await service.fund([{ userId: name, month: november, paidCents }]);
  return name;
}

describe('one wish', () => {
  test('A3: total is allocated and available, and the answer says so', async () => {
    const sam = await supporter('sam', 1_000);
    const { status, body } = await service.set(sam, page('essay-1'), 250);
    expect(status).toBe(200);
    expect(body).toEqual({
      allocation: {
        lineId: 'sam_page_essay-1_2026-11',
        month: '2026-11',
        resourceType: 'page',
        resourceId: 'essay-1',
        recipientUserId: 'wanda',
        usdCents: 250,
        fundedCents: null,
        status: 'active',
        version: 1,
        writerState: 'open',
      },
      version: 1,
      summary: {
        month: '2026-11',
        cutoff: '2026-12-01T00:00:00.000Z',
        serverTime: '2026-11-10T12:00:00.000Z',
        funding: 'paid',
        version: 1,
        totalCents: 1_000,
        allocatedCents: 250,
        availableCents: 750,
        overspentCents: 0,
      },
    });
    const plan = await service.plan(sam);
    expect(plan).toEqual({ summary: body.summary, allocations: [body.allocation] });
    const one = await service.asSupporter(sam, 'GET', `/v1/allocations/${pathOf(page('essay-1'))}`);
    expect(one).toEqual({ status: 200, body });
  });

  test('A4: zero and DELETE remove, again and again', async () => {
    const rita = await supporter('rita', 1_000);
    const path = `/v1/allocations/${pathOf(page('essay-1'))}`;
    await service.set(rita, page('essay-1'), 250);
    expect(await service.set(rita, page('essay-1'), 0)).toMatchObject({ status: 200, body: { allocation: null } });
    await service.set(rita, page('essay-1'), 300);
    for (let turn = 0; turn < 2; turn++) {
      const removed = await service.asSupporter(rita, 'DELETE', path);
      expect(removed).toMatchObject({ status: 200, body: { allocation: null, summary: { availableCents: 1_000 } } });
    }
    expect(await service.asSupporter(rita, 'GET', path)).toMatchObject({
      status: 404,
      body: { code: 'not_found' },
    });
  });

  test('A4: what cannot be is refused by its code and changes nothing', async () => {
    await supporter('sid', 1_000);
    await service.set('sid', page('essay-1'), 250);
    const before = await service.plan('sid');
    const put = (resource: string, body: unknown) =>
      service.asSupporter('sid', 'PUT', `/v1/allocations/${resource}`, body);
    const refusals: [string, unknown, number, string][] = [
      ['page/essay-2', { usdCents: 751 }, 409, 'over_allocated'],
      ['page/essay-2', { usdCents: -1 }, 400, 'invalid_request'],
      ['page/essay-2', { usdCents: 1.5 }, 400, 'invalid_request'],
      ['page/essay-2', { usdCents: '5' }, 400, 'invalid_request'],
      ['page/essay-2', { usdCents: 1e30 }, 400, 'invalid_request'],
      ['page/essay-2', { usdCents: Number.MAX_SAFE_INTEGER }, 409, 'over_allocated'],
      ['page/essay-2', {}, 400, 'invalid_request'],
      ['page/essay-2', { usdCents: 1, note: 'x' }, 400, 'invalid_request'],
      ['page/essay-2', { usdCents: 1, recipientUserId: 'walt' }, 422, 'not_owner'],
      ['page/unheard-of', { usdCents: 1 }, 422, 'unknown_resource'],
      ['song/essay-2', { usdCents: 1 }, 400, 'invalid_request'],
      ['page/own', { usdCents: 1 }, 422, 'self_support'],
      [`page/${'x'.repeat(129)}`, { usdCents: 1 }, 400, 'invalid_request'],
      ['page/%01', { usdCents: 1 }, 400, 'invalid_request'],
    ];
    for (const [resource, body, status, code] of refusals) {
      const answer = await put(resource, body);
      expect({ resource, body, status: answer.status, code: answer.body.code }).toEqual({
        resource,
        body,
        status,
        code,
      });
    }
    expect((await put('page/essay-2', { usdCents: 751 })).body).toMatchObject({
      availableCents: 750,
      field: 'usdCents',
    });
    expect(await service.plan('sid')).toEqual(before);
  });

  test('A4: nobody allocates without a token, or with a role that may not', async () => {
    const path = '/v1/allocations/page/essay-1';
    const answer = await fetch(`${service.url('allocations')}${path}`, { method: 'PUT', body: '{}' });
    expect(answer.status).toBe(401);
    expect(
      await service.call({ sub: 'sam', role: 'writer' }, { method: 'PUT', path, body: { usdCents: 1 } }),
    ).toMatchObject({ status: 403 });
    const register = await service.asSupporter('sam', 'PUT', '/v1/resources/page/mine', {
      ownerUserId: 'sam',
      title: '',
    });
    expect(register).toMatchObject({ status: 403, body: { code: 'forbidden' } });
  });

  test('A2: ids of any bytes are kept apart and come back as they were', async () => {
    const odd = 'ödd_user-1.%25';
    await supporter(odd, 1_000);
    const ids = ['a_b', 'a-b', 'a.b', 'a%5Fb', 'a/b', 'ü \u{1F600}', '%', "'; --", 'x'.repeat(128)];
    for (const [index, id] of ids.entries()) {
      await service.register({ resourceType: 'user_bio', resourceId: id }, 'wanda');
      expect(await service.set(odd, { resourceType: 'user_bio', resourceId: id }, index + 1)).toMatchObject({
        status: 200,
      });
    }
    const { allocations } = await service.plan(odd);
    expect(Object.fromEntries(allocations.map((line) => [line.resourceId, line.usdCents]))).toEqual(
      Object.fromEntries(ids.map((id, index) => [id, index + 1])),
    );
    expect(allocations.map((line) => line.lineId)).toContain('ödd%5Fuser-1.%2525_user_bio_a%5Fb_2026-11');
  });
});

describe('a wish that has seen a state', () => {
  const path = `/v1/allocations/${pathOf(page('essay-1'))}`;
  const put = (sub: string, usdCents: number, expectedVersion: number) =>
    service.asSupporter(sub, 'PUT', path, { usdCents, expectedVersion });

  test('is refused with the state that stands when that is another one', async () => {
    const vera = await supporter('vera', 1_000);
    await service.set(vera, page('essay-2'), 10);
    expect(await put(vera, 100, 0)).toMatchObject({ status: 200, body: { version: 2, summary: { version: 2 } } });
    expect(await put(vera, 150, 0)).toMatchObject({
      status: 409,
      body: {
        code: 'version_conflict',
        field: 'expectedVersion',
        allocation: { resourceId: 'essay-1', usdCents: 100, version: 2 },
        version: 2,
        summary: { version: 2, allocatedCents: 110 },
      },
    });
    expect(await put(vera, 150, 2)).toMatchObject({ status: 200, body: { version: 3 } });
  });

  test('changes of other resources do not conflict with it, and repeating it does no harm', async () => {
    const vic = await supporter('vic', 1_000);
    await put(vic, 100, 0);
    await service.set(vic, page('essay-2'), 10);
    for (let turn = 0; turn < 2; turn++) {
      expect(await put(vic, 120, 1)).toMatchObject({ status: 200, body: { version: 3, summary: { version: 3 } } });
    }
    for (let turn = 0; turn < 2; turn++) {
      const removed = await service.asSupporter(vic, 'DELETE', `${path}?expectedVersion=3`);
      expect(removed).toMatchObject({ status: 200, body: { allocation: null, version: 0, summary: { version: 4 } } });
    }
    await put(vic, 130, 0);
    const late = await service.asSupporter(vic, 'DELETE', `${path}?expectedVersion=3`);
    expect(late).toMatchObject({ status: 409, body: { code: 'version_conflict', version: 5 } });
    const odd = await service.asSupporter(vic, 'DELETE', `${path}?expectedVersion=x`);
    expect(odd).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
  });

  test('of two that have seen the same state exactly one succeeds', async () => {
    const wilma = await supporter('wilma', 1_000);
    const answers = await Promise.all([put(wilma, 100, 0), put(wilma, 200, 0)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
  });
});

describe('many wishes at once', () => {
  test('A2, A4: 64 parallel changes that together exceed a budget never do, and the sum is exact', async () => {
    const pat = await supporter('pat', 1_000);
    const answers = await Promise.all(
      Array.from({ length: 64 }, (_, index) => service.set(pat, page(`essay-${index}`), 30 + (index % 3))),
    );
    const accepted = answers.flatMap((answer, index) => (answer.status === 200 ? [30 + (index % 3)] : []));
    const refused = answers.filter((answer) => answer.status !== 200);
    expect(refused.map((answer) => answer.body.code)).toEqual(refused.map(() => 'over_allocated'));
    const { summary, allocations } = await service.plan(pat);
    expect(summary.allocatedCents).toBe(accepted.reduce((sum, each) => sum + each, 0));
    expect(allocations.reduce((sum, line) => sum + line.usdCents, 0)).toBe(summary.allocatedCents);
    expect(summary.allocatedCents).toBeLessThanOrEqual(1_000);
    expect(summary.availableCents).toBeLessThan(32);
  });

  test('A4: of two raises that fit alone and not together exactly one succeeds', async () => {
    const quin = await supporter('quin', 1_000);
    for (let round = 0; round < 10; round++) {
      const answers = await Promise.all([
        service.set(quin, page('essay-1'), 600),
        service.set(quin, page('essay-2'), 600),
      ]);
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 409]);
      await Promise.all([service.set(quin, page('essay-1'), 0), service.set(quin, page('essay-2'), 0)]);
    }
  });

  test('A2: concurrent first wishes for one resource meet on one row', async () => {
    const ruth = await supporter('ruth', 1_000);
    const amounts = Array.from({ length: 16 }, (_, index) => 100 + index);
    const answers = await Promise.all(amounts.map((usdCents) => service.set(ruth, page('essay-1'), usdCents)));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    const { allocations } = await service.plan(ruth);
    expect(allocations).toHaveLength(1);
    const history = await service.asSupporter<{
      changes: { version: number; beforeCents: number; afterCents: number }[];
    }>(ruth, 'GET', '/v1/allocations/history');
    const { changes } = history.body;
    expect(changes.map(({ version }) => version)).toEqual(amounts.map((_, index) => 16 - index));
    expect(changes[0]?.afterCents).toBe(allocations[0]?.usdCents);
    expect(changes.map(({ beforeCents }) => beforeCents)).toEqual([
      ...changes.slice(1).map(({ afterCents }) => afterCents),
      0,
    ]);
  });
});
