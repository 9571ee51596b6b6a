import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

const instants = [
  '2026-11-20T00:00:00.000Z',
  '2026-11-30T23:59:59.998Z',
  '2026-11-30T23:59:59.999Z',
  '2026-12-01T00:00:00.000Z',
  '2026-12-01T00:00:00.001Z',
  '2026-12-15T00:00:00.000Z',
  '2027-01-01T00:00:00.000Z',
  '2027-02-10T00:00:00.000Z',
] as const;
const cutoffs = { [november]: '2026-12-01T00:00:00.000Z', [december]: '2027-01-01T00:00:00.000Z' };

const seed = 20_261_201;
const supporterCount = 25;
let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations({ CHUNK_SUPPORTERS: '4', CLOSE_CRON: '0 9 28 2 *' });
});
afterAll(() => service.stop());

test('B1, A11: whatever changed around two cutoffs, each month is frozen as plans and writers were at its own', async () => {
  const resources = ['a', 'b', 'c'];
  for (const name of resources) await service.register(page(name), name === 'c' ? 'walt' : 'wanda');
  const supporters = Array.from({ length: supporterCount }, (_, index) => `supporter-${index}`);
  const paid = supporters.map((userId) => ({ userId, paidCents: 10_000 }));
  for (const month of ['2026-11', '2026-12', '2027-01', '2027-02'] as const) {
    await service.fund(paid.map((one) => ({ ...one, month: month as typeof november })));
  }
  const change = fc.record({
    userId: fc.constantFrom(...supporters),
    resourceId: fc.constantFrom(...resources),
    usdCents: fc.constantFrom(0, 0, 100, 200, 300),
  });
  const series = fc.sample(fc.array(change, { minLength: 40, maxLength: 60 }), { numRuns: instants.length, seed });
  const states = ['open', 'closed', 'blocked', 'inactive', 'open', 'inactive', 'open', 'open'];
  const plans = new Map<string, number>();
  /** What of the plans is not for a writer who is closed (A11). */
  const fundable = (state: string | undefined) =>
    new Map([...plans].filter(([wish]) => state === 'open' || !wish.endsWith('/c')));
  const expected: Record<string, Map<string, number>> = {};
  for (const [index, instant] of instants.entries()) {
    for (const [month, cutoff] of Object.entries(cutoffs)) {
      if (instant >= cutoff) expected[month] ??= fundable(states[index - 1]);
    }
    await service.setClock(instant);
    const state = states[index];
    await service.call({ sub: 'site', role: 'service' }, { method: 'PUT', path: '/v1/writers/walt', body: { state } });
    for (const { userId, resourceId, usdCents } of series[index] ?? []) {
      const { status } = await service.set(userId, page(resourceId), usdCents);
      const isMore = usdCents > (plans.get(`${userId}/${resourceId}`) ?? 0);
      expect(status).toBe(isMore && resourceId === 'c' && state !== 'open' ? 422 : 200);
      if (status !== 200) continue;
      if (usdCents === 0) plans.delete(`${userId}/${resourceId}`);
      else plans.set(`${userId}/${resourceId}`, usdCents);
    }
  }
  const read = async (month?: typeof november) => {
    const found = new Map<string, number>();
    for (const userId of supporters) {
      const { allocations } = await service.plan(userId, month);
      for (const { resourceId, usdCents } of allocations) found.set(`${userId}/${resourceId}`, usdCents);
    }
    return found;
  };
  for (const month of [november, december]) {
    expect(await read(month)).toEqual(expected[month]);
    await service.closeFunding(month, paid);
    await service.close(month);
    await service.settled();
    expect(await service.closeState(month)).toMatchObject({ body: { state: 'locked' } });
    expect(await read(month)).toEqual(expected[month]);
    await service.reconcile(month);
  }
  expect(await read()).toEqual(plans);
});
