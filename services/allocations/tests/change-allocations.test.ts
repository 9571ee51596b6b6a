import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Allocation,
  type AllocationSummary,
  allocationChanged,
  type ChangedAllocations,
} from '@wewrite/contracts';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations();
  await Promise.all(Array.from({ length: 100 }, (_, index) => service.register(page(`essay-${index}`), 'wanda')));
});
afterAll(() => service.stop());

interface History {
  readonly changes: { version: number; resourceId: string; beforeCents: number; afterCents: number }[];
}

/** `[resourceId, usdCents]` of pages. */
type Wish = readonly [string, number];

const batch = (sub: string, wishes: readonly Wish[], body: unknown = { changes: wishes.map(changeOf) }) =>
  service.asSupporter<ChangedAllocations>(sub, 'POST', '/v1/allocations/batch', body);

function changeOf([resourceId, usdCents]: Wish) {
  return { ...page(resourceId), usdCents };
}

const amounts = (allocations: readonly Allocation[]) =>
  Object.fromEntries(allocations.map(({ resourceId, usdCents }) => [resourceId, usdCents]));

describe('many changes in one request', () => {
  test('A4: they are applied in order; a refused one changes nothing and does not undo the others', async () => {
    await service.fund([{ userId: 'sam', month: november, paidCents: 1_000 }]);
    const { status, body } = await batch('sam', [
      ['essay-1', 800],
      ['essay-2', 300],
      ['unheard-of', 1],
      ['essay-1', 500],
      ['essay-2', 300],
      ['essay-1', 0],
    ]);
    expect(status).toBe(200);
    expect(body.results).toMatchObject([
      { outcome: 'accepted', allocation: { usdCents: 800 } },
      { outcome: 'refused', code: 'over_allocated', status: 409, availableCents: 200, allocation: null },
      { outcome: 'refused', code: 'unknown_resource', status: 422 },
      { outcome: 'accepted', allocation: { usdCents: 500 } },
      { outcome: 'accepted', allocation: { usdCents: 300 } },
      { outcome: 'accepted', allocation: null },
    ]);
    const plan = await service.plan('sam');
    expect(plan.summary).toEqual(body.summary);
    expect(amounts(plan.allocations)).toEqual({ 'essay-2': 300 });
  });

  test('an item that has seen another state is refused with the allocation that stands', async () => {
    await service.fund([{ userId: 'rose', month: november, paidCents: 1_000 }]);
    await service.set('rose', page('essay-1'), 100);
    const changes = [
      { ...changeOf(['essay-1', 200]), expectedVersion: 1 },
      { ...changeOf(['essay-1', 300]), expectedVersion: 1 },
      { ...changeOf(['essay-2', 5]), expectedVersion: 0 },
    ];
    const { body } = await batch('rose', [], { changes });
    expect(body).toMatchObject({
      results: [
        { outcome: 'accepted', allocation: { usdCents: 200, version: 2 } },
        { outcome: 'refused', code: 'version_conflict', status: 409, allocation: { usdCents: 200, version: 2 } },
        { outcome: 'accepted', allocation: { usdCents: 5, version: 3 } },
      ],
      summary: { version: 3 },
    });
  });

  test('A10: each change is kept and told, with what it replaced, also where a resource is changed twice', async () => {
    await service.fund([{ userId: 'tess', month: november, paidCents: 1_000 }]);
    await service.set('tess', page('essay-1'), 100);
    await batch('tess', [
      ['essay-1', 200],
      ['essay-1', 0],
      ['essay-1', 50],
      ['essay-3', 7],
    ]);
    const history = await service.asSupporter<History>('tess', 'GET', '/v1/allocations/history');
    const expected = [
      [5, 'essay-3', 0, 7],
      [4, 'essay-1', 0, 50],
      [3, 'essay-1', 200, 0],
      [2, 'essay-1', 100, 200],
      [1, 'essay-1', 0, 100],
    ];
    expect(history.body.changes.map((one) => [one.version, one.resourceId, one.beforeCents, one.afterCents])).toEqual(
      expected,
    );
    await service.settled();
    const told = (await service.heard(allocationChanged)).filter(({ key }) => key === 'tess');
    expect(told.map(({ body }) => [body.version, body.resourceId, body.beforeCents, body.afterCents])).toEqual(
      expected.toReversed(),
    );
  });

  test('A2, A4: batches and single changes at once meet on one plan, which never exceeds its budget', async () => {
    await service.fund([{ userId: 'pat', month: november, paidCents: 1_000 }]);
    const wishes = Array.from({ length: 20 }, (_, index): Wish => [`essay-${index}`, 30]);
    const batches = Array.from({ length: 8 }, (_, round) => batch('pat', wishes.slice(round, round + 12)));
    const singles = wishes.map(([resourceId]) => service.set('pat', page(resourceId), 90));
    const answers = await Promise.all([...batches, ...singles]);
    expect(answers.every(({ status }) => status === 200 || status === 409)).toBe(true);
    const { summary, allocations } = await service.plan('pat');
    expect(allocations.reduce((sum, line) => sum + line.usdCents, 0)).toBe(summary.allocatedCents);
    expect(summary.allocatedCents).toBeLessThanOrEqual(1_000);
    const { body } = await service.asSupporter<History>('pat', 'GET', '/v1/allocations/history?limit=500');
    const { changes } = body;
    expect(changes.map(({ version }) => version)).toEqual(changes.map((_, index) => changes.length - index));
  });

  test('A4: a plan fills up to its 500 allocations in five batches, and no further', async () => {
    const ids = Array.from({ length: 501 }, (_, index) => `leaf-${index}`);
    await Promise.all(ids.map((id) => service.register(page(id), 'walt')));
    await service.fund([{ userId: 'full', month: november, paidCents: 10_000 }]);
    for (let first = 0; first < 500; first += 100) {
      const { body } = await batch(
        'full',
        ids.slice(first, first + 100).map((id) => [id, 2]),
      );
      expect(body.results.every(({ outcome }) => outcome === 'accepted')).toBe(true);
    }
    const { body } = await batch('full', [
      ['leaf-500', 1],
      ['leaf-0', 0],
      ['leaf-500', 1],
    ]);
    expect(body.results.map((result) => (result.outcome === 'refused' ? result.code : null))).toEqual([
      'too_many_allocations',
      null,
      null,
    ]);
    expect(body.summary).toMatchObject({ allocatedCents: 999 });
  });

  test('a batch under one key, twenty times at once, is applied once and answered alike', async () => {
    await service.fund([{ userId: 'kay', month: november, paidCents: 1_000 }]);
    const request = {
      method: 'POST',
      path: '/v1/allocations/batch',
      body: { changes: [changeOf(['essay-1', 10]), changeOf(['essay-1', 20])] },
      headers: { 'idempotency-key': 'plan-1' },
    };
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => service.call({ sub: 'kay', role: 'supporter' }, request)),
    );
    for (const answer of answers) expect(answer).toEqual(answers[0]);
    expect(answers[0]).toMatchObject({ status: 200, body: { summary: { version: 2 } } });
    expect((await service.plan('kay')).summary.version).toBe(2);
  });

  test('B1: what a batch replaced in a later month is still frozen as it was at the cutoff', async () => {
    const userId = 'uma';
    await service.fund([november, december].map((month) => ({ userId, month, paidCents: 1_000 })));
    await batch(userId, [
      ['essay-1', 100],
      ['essay-2', 200],
    ]);
    await service.setClock('2026-12-01T00:00:00.000Z');
    const { body } = await batch(userId, [
      ['essay-1', 300],
      ['essay-1', 0],
      ['essay-2', 0],
      ['essay-2', 40],
    ]);
    expect(body.summary).toMatchObject({ month: december, allocatedCents: 40 });
    expect(amounts((await service.plan(userId, november)).allocations)).toEqual({ 'essay-1': 100, 'essay-2': 200 });
    expect(amounts((await service.plan(userId)).allocations)).toEqual({ 'essay-2': 40 });
  });

  test('A4: no change, more than 100, and unknown fields are refused as a whole', async () => {
    const tooMany = Array.from({ length: 101 }, (_, index): Wish => [`essay-${index % 100}`, 1]);
    const refused = [{ changes: [] }, { changes: tooMany.map(changeOf) }, { changes: [{ usdCents: 1 }] }, [], {}];
    for (const body of refused) {
      expect(await batch('sam', [], body)).toMatchObject({ status: 400, body: { code: 'invalid_request' } });
    }
    const summary: AllocationSummary = (await service.plan('sam')).summary;
    expect(summary.allocatedCents).toBe(300);
  });
});
