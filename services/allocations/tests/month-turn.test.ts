import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

const lastMillisecond = '2026-11-30T23:59:59.999Z';
const cutoff = '2026-12-01T00:00:00.000Z';

let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations({ CHUNK_SUPPORTERS: '1', CLOSE_CRON: '0 9 2 * *' });
  for (const name of ['a', 'b', 'c']) await service.register(page(name), 'wanda');
  const names = Array.from({ length: 60 }, (_, index) => `many-${index}`);
  const everybody = ['sam', 'lapsed', ...names];
  await service.fund(everybody.map((userId) => ({ userId, month: november, paidCents: 1_000 })));
  // Announced ahead, so that the month's first instant is no dead zone.
  await service.fund(['sam', ...names].map((userId) => ({ userId, month: december, openCents: 1_000 })));
  for (const userId of everybody) await service.set(userId, page('a'), 300);
});
afterAll(() => service.stop());

describe('the turn of a month', () => {
  test('A5: the last millisecond belongs to the old month, the cutoff itself to the new one', async () => {
    await service.setClock(lastMillisecond);
    expect(await service.set('sam', page('b'), 200)).toMatchObject({ body: { summary: { month: '2026-11' } } });
    expect(await service.set('sam', page('c'), 50)).toMatchObject({ body: { summary: { month: '2026-11' } } });
    await service.setClock(cutoff);
    expect(await service.set('sam', page('a'), 400)).toMatchObject({
      status: 200,
      body: { summary: { month: '2026-12', funding: 'expected', totalCents: 1_000, allocatedCents: 650 } },
    });
    await service.set('sam', page('b'), 0);
    await service.set('sam', page('a'), 100);
  });

  test('A1: the plan of somebody who did nothing is what it was', async () => {
    expect((await service.plan('many-1')).allocations).toMatchObject([
      { resourceId: 'a', usdCents: 300, month: '2026-12' },
    ]);
  });

  test('a month that is over and not locked reads as it was at its cutoff', async () => {
    const { summary, allocations } = await service.plan('sam', november);
    expect(summary).toMatchObject({ month: '2026-11', funding: 'paid', totalCents: 1_000, allocatedCents: 550 });
    expect(allocations.map(({ resourceId, usdCents }) => [resourceId, usdCents]).sort()).toEqual([
      ['a', 300],
      ['b', 200],
      ['c', 50],
    ]);
  });

  test('A5: while the close runs, plans are read and changed, and the frozen month stays as it was', async () => {
    const paid = ['sam', 'lapsed', ...Array.from({ length: 60 }, (_, index) => `many-${index}`)];
    await service.closeFunding(
      november,
      paid.map((userId) => ({ userId, paidCents: 1_000 })),
    );
    await service.settled();
    const closing = service.close(november);
    const changes: number[] = [];
    for (let turn = 0; turn < 60; turn++) {
      changes.push((await service.set(`many-${turn}`, page('a'), 301 + turn)).status);
      changes.push((await service.set(`many-${turn}`, page('b'), 5)).status);
    }
    expect((await closing).status).toBe(202);
    expect(changes.every((status) => status === 200)).toBe(true);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({
      body: { state: 'locked', chunks: 62, totals: { supporters: 62, lines: 64, fundedCents: 62 * 300 + 250 } },
    });
    expect((await service.plan('many-59')).allocations.map((line) => line.usdCents)).toEqual([360, 5]);
    expect((await service.plan('many-59', november)).allocations).toMatchObject([{ usdCents: 300, status: 'locked' }]);
  });

  test('A5: an instance whose clock is behind still tags the new month once its close has begun', async () => {
    await service.fund([{ userId: 'late', month: december, openCents: 1_000 }]);
    await service.setClock(lastMillisecond);
    // Of somebody who has changed nothing since the cutoff: a plan by itself does not go back anyway.
    const answer = await service.set('late', page('c'), 7);
    expect(answer).toMatchObject({ status: 200, body: { summary: { month: '2026-12' } } });
    await service.setClock('2026-12-01T10:00:00.000Z');
  });

  test('the current month says how long it still runs', async () => {
    const current = await service.asSupporter('sam', 'GET', '/v1/months/current');
    expect(current.body).toEqual({
      month: '2026-12',
      cutoff: '2027-01-01T00:00:00.000Z',
      serverTime: '2026-12-01T10:00:00.000Z',
      secondsLeft: 30 * 86_400 + 14 * 3_600,
      urgency: 'calm',
    });
  });

  test('A7: a lapse pauses: the plan stays, is unfunded, and is funded again with the next paid month', async () => {
    await service.setClock('2027-01-01T09:00:00.000Z');
    await service.fund([{ userId: 'sam', month: december, paidCents: 1_000 }]);
    const unpaid = Array.from({ length: 60 }, (_, index) => ({ userId: `many-${index}`, month: december }));
    await service.fund([...unpaid, { userId: 'lapsed', month: december }]);
    await service.closeFunding(december, [{ userId: 'sam', paidCents: 1_000 }]);
    await service.close(december);
    await service.settled();
    const lapsed = await service.plan('lapsed', december);
    expect(lapsed.summary).toMatchObject({ funding: 'none', totalCents: 0, overspentCents: 300 });
    expect(lapsed.allocations).toMatchObject([{ usdCents: 300, fundedCents: 0, status: 'locked' }]);
    expect((await service.plan('sam', december)).allocations).toMatchObject([
      { resourceId: 'a', usdCents: 100, fundedCents: 100 },
      { resourceId: 'c', usdCents: 50, fundedCents: 50 },
    ]);
    await service.fund([{ userId: 'lapsed', month: december, paidCents: 1_000 }]);
    expect((await service.plan('lapsed', december)).summary.totalCents).toBe(0);
    expect((await service.plan('lapsed')).allocations).toMatchObject([{ usdCents: 300 }]);
  });
});
