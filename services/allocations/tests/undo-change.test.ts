import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations();
  for (const name of ['a', 'b']) await service.register(page(name), 'wanda');
  await service.fund([{ userId: 'sam', month: november, paidCents: 1_000 }]);
});
afterAll(() => service.stop());

const undo = (version: number, sub = 'sam') => service.asSupporter(sub, 'POST', '/v1/allocations/undo', { version });
const versionOf = async () => (await service.plan('sam')).summary.version ?? 0;

describe('taking a change back', () => {
  test('A10: what stood before stands again, by a change of its own', async () => {
    await service.set('sam', page('a'), 300);
    await service.set('sam', page('a'), 700);
    expect(await undo(await versionOf())).toMatchObject({ status: 200, body: { allocation: { usdCents: 300 } } });
    await service.set('sam', page('a'), 0);
    expect(await undo(await versionOf())).toMatchObject({ status: 200, body: { allocation: { usdCents: 300 } } });
    const { body } = await service.asSupporter<{ changes: { afterCents: number }[] }>(
      'sam',
      'GET',
      '/v1/allocations/history',
    );
    expect(body.changes.map(({ afterCents }) => afterCents)).toEqual([300, 0, 300, 700, 300]);
  });

  test('is refused for a change that was followed by another, and for one that never was', async () => {
    const first = await versionOf();
    await service.set('sam', page('a'), 400);
    expect(await undo(first)).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
    expect(await undo(9_999)).toMatchObject({ status: 404 });
    expect(await undo(1, 'eve')).toMatchObject({ status: 404 });
  });

  test('A4: does not make a plan exceed its budget', async () => {
    await service.set('sam', page('a'), 600);
    await service.set('sam', page('a'), 100);
    const lowered = await versionOf();
    await service.set('sam', page('b'), 900);
    expect(await undo(lowered)).toMatchObject({ status: 409, body: { code: 'over_allocated', availableCents: 0 } });
    expect((await service.plan('sam')).summary).toMatchObject({ allocatedCents: 1_000 });
  });

  test('A9: is of no use once a schedule has changed the resource, or where it would make a span stay', async () => {
    await service.register(page('c'), 'wanda');
    await service.fund([
      { userId: 'sue', month: november, paidCents: 1_000 },
      { userId: 'sue', month: december, openCents: 1_000 },
    ]);
    const plan = (wish: object) =>
      service.asSupporter('sue', 'POST', '/v1/schedules', { resourceType: 'page', fromMonth: december, ...wish });
    await service.set('sue', page('a'), 100);
    await service.set('sue', page('c'), 200);
    await plan({ resourceId: 'a', kind: 'set', usdCents: 300 });
    await plan({ resourceId: 'c', kind: 'add', usdCents: 50, throughMonth: december });
    await service.setClock('2026-12-01T00:00:00.000Z');
    expect(await undo(1, 'sue')).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
    await service.set('sue', page('c'), 220);
    const { version } = (await service.plan('sue')).summary;
    expect(await undo(version ?? 0, 'sue')).toMatchObject({ status: 409, body: { code: 'version_conflict' } });
    const { allocations } = await service.plan('sue');
    expect(allocations.map(({ usdCents }) => usdCents)).toEqual([300, 220]);
  });
});
