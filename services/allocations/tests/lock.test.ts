import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { monthLocked } from '@wewrite/contracts';
import { december, november, page, startAllocations } from './running-allocations.ts';

describe('a month from plan to lock', () => {
  let service: Awaited<ReturnType<typeof startAllocations>>;
  beforeAll(async () => {
    service = await startAllocations();
  });
  afterAll(() => service.end());

  test('B1: a plan set in the month is frozen as of the cutoff and stays editable', async () => {
    await service.register(page('essay'), 'wanda');
    await service.fund([
      { userId: 'sam', month: november, paidCents: 1_000 },
      { userId: 'sam', month: december, openCents: 1_000 },
    ]);
    const set = await service.set('sam', page('essay'), 700);
    expect(set).toMatchObject({ status: 200, body: { summary: { availableCents: 300 } } });
    await service.at('2026-12-01T09:00:00.000Z');
    await service.closeFunding(november, [{ userId: 'sam', paidCents: 1_000 }]);
    await service.set('sam', page('essay'), 900);
    expect((await service.close(november)).status).toBe(202);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({
      status: 200,
      body: { state: 'locked', chunks: 1, totals: { paidCents: 1_000, fundedCents: 700, unallocatedCents: 300 } },
    });
    const said = await service.heard(monthLocked);
    expect(said.map(({ body }) => body.part)).toEqual(expect.arrayContaining(['chunk', 'closing']));
    expect((await service.plan('sam', november)).allocations).toMatchObject([{ usdCents: 700, fundedCents: 700 }]);
    expect((await service.plan('sam')).allocations).toMatchObject([{ usdCents: 900, fundedCents: null }]);
  });
});
