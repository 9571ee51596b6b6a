import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { allocationChanged, type ImportedDuplicate, type ImportedPlan } from '@wewrite/contracts';
import { november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;
beforeAll(async () => {
  service = await startAllocations();
  for (const name of ['a', 'b', 'c']) await service.register(page(name), 'wanda');
});
afterAll(() => service.stop());

const wish = (resourceId: string, usdCents: number) => ({ resourceType: 'page', resourceId, usdCents });
const put = (userId: string, wishes: readonly object[], role: 'service' | 'admin' = 'service') =>
  service.call<ImportedPlan & { code?: string }>(
    { sub: 'migration', role },
    { method: 'PUT', path: `/v1/imports/${userId}`, body: { wishes } },
  );
const merge = (userId: string, body?: object) =>
  service.call<ImportedPlan & { code?: string }>(
    { sub: 'olga', role: 'admin' },
    { method: 'POST', path: `/v1/imports/${userId}/merge`, ...(body === undefined ? {} : { body }) },
  );
const duplicates = async (query = '') => {
  const { body } = await service.call<{ duplicates: ImportedDuplicate[]; nextCursor: string | null }>(
    { sub: 'olga', role: 'admin' },
    { path: `/v1/imports/duplicates${query}` },
  );
  return body;
};
const statesOf = ({ body }: { body: ImportedPlan }) => body.wishes.map(({ state }) => state);
const centsOf = async (userId: string) =>
  (await service.plan(userId)).allocations.map(({ resourceId, usdCents }) => `${resourceId} ${usdCents}`);

describe('an import', () => {
  test('A13: enters the plan, is in its history as an import, and is said', async () => {
    expect(statesOf(await put('ines', [wish('a', 300), wish('b', 200)]))).toEqual(['entered', 'entered']);
    expect(await centsOf('ines')).toEqual(['a 300', 'b 200']);
    const history = await service.asSupporter('ines', 'GET', '/v1/allocations/history');
    const made = { beforeCents: 0, cause: 'import', changedBy: 'migration', month: november };
    expect(history.body.changes).toMatchObject([
      { ...made, resourceId: 'b', version: 2 },
      { ...made, resourceId: 'a', version: 1 },
    ]);
    await service.settled();
    const said = (await service.heard(allocationChanged)).filter(({ key }) => key === 'ines');
    expect(said.map(({ body }) => [body.cause, body.version, body.afterCents])).toEqual([
      ['import', 1, 300],
      ['import', 2, 200],
    ]);
  });

  test('A13: the same again has no effect, whatever has become of the plan; another one is refused', async () => {
    const wishes = [wish('a', 300), wish('b', 200)];
    const answers = await Promise.all(Array.from({ length: 5 }, () => put('rosa', wishes)));
    for (const answer of answers) expect(statesOf(answer)).toEqual(['entered', 'entered']);
    await service.fund([{ userId: 'rosa', month: november, paidCents: 1_000 }]);
    await service.set('rosa', page('a'), 0);
    expect(statesOf(await put('rosa', wishes))).toEqual(['entered', 'entered']);
    expect(await centsOf('rosa')).toEqual(['b 200']);
    expect((await service.plan('rosa')).summary.version).toBe(3);
    expect(await put('rosa', [wish('a', 301), wish('b', 200)])).toMatchObject({
      status: 422,
      body: { code: 'idempotency_mismatch' },
    });
  });

  test('A6, A7: the budget is not asked: a plan without one is kept, and one above it is overspent', async () => {
    await service.fund([{ userId: 'oona', month: november, paidCents: 400 }]);
    await put('oona', [wish('a', 300), wish('b', 200)]);
    expect((await service.plan('oona')).summary).toMatchObject({ allocatedCents: 500, overspentCents: 100 });
  });

  test('A13: leaves alone what the supporter has changed here', async () => {
    await service.fund([{ userId: 'nora', month: november, paidCents: 1_000 }]);
    await service.set('nora', page('a'), 700);
    await service.set('nora', page('b'), 10);
    await service.set('nora', page('b'), 0);
    const imported = await put('nora', [wish('a', 300), wish('b', 200), wish('c', 50)]);
    expect(statesOf(imported)).toEqual(['superseded', 'superseded', 'entered']);
    expect(await centsOf('nora')).toEqual(['a 700', 'c 50']);
  });

  test('A4: is refused whole for an unknown resource, for one’s own, and without the site’s token', async () => {
    expect(await put('paul', [wish('a', 1), wish('z', 1)])).toMatchObject({ body: { code: 'unknown_resource' } });
    expect(await put('wanda', [wish('a', 1)])).toMatchObject({ body: { code: 'self_support' } });
    expect(await put('paul', [wish('a', 1)], 'admin')).toMatchObject({ status: 403 });
    expect(await put('paul', [wish('a', 0)])).toMatchObject({ status: 400 });
    expect(await centsOf('paul')).toEqual([]);
  });
});

describe('duplicates', () => {
  test('A13: wait and are listed; merged once, they are one allocation of their sum', async () => {
    await put('dora', [wish('a', 300), wish('b', 200), wish('a', 50)]);
    await put('dave', [wish('c', 1), wish('c', 2), wish('c', 3)]);
    expect(await centsOf('dora')).toEqual(['b 200']);
    expect(await duplicates('?limit=1')).toEqual({
      isProduction: false,
      duplicates: [
        {
          userId: 'dave',
          resourceType: 'page',
          resourceId: 'c',
          usdCents: [1, 2, 3],
          mergedCents: 6,
          isSuperseded: false,
        },
      ],
      nextCursor: 'dave',
    });
    expect(await duplicates('?cursor=dave')).toMatchObject({
      duplicates: [{ userId: 'dora', usdCents: [300, 50], mergedCents: 350 }],
      nextCursor: null,
    });
    expect(statesOf(await merge('dora'))).toEqual(['merged', 'entered', 'merged']);
    expect(await centsOf('dora')).toEqual(['a 350', 'b 200']);
    const answers = await Promise.all([merge('dora'), merge('dave'), merge('dave')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await service.plan('dora')).summary.version).toBe(2);
    expect(await centsOf('dave')).toEqual(['c 6']);
    expect(await duplicates()).toMatchObject({ duplicates: [] });
  });

  test('A13: give way to what the supporter says while they wait', async () => {
    await service.fund([{ userId: 'dina', month: november, paidCents: 1_000 }]);
    await put('dina', [wish('a', 300), wish('a', 50)]);
    await service.set('dina', page('a'), 75);
    expect((await duplicates()).duplicates).toMatchObject([{ userId: 'dina', isSuperseded: true }]);
    expect(statesOf(await merge('dina'))).toEqual(['superseded', 'superseded']);
    expect(await centsOf('dina')).toEqual(['a 75']);
  });

  test('A13: of nobody are not found, and only an admin merges', async () => {
    expect(await merge('nobody')).toMatchObject({ status: 404 });
    expect(await service.asSupporter('dina', 'POST', '/v1/imports/dina/merge')).toMatchObject({ status: 403 });
    expect(await service.asSupporter('dina', 'GET', '/v1/imports/duplicates')).toMatchObject({ status: 403 });
  });
});
