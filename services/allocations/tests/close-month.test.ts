import { afterEach, describe, expect, test } from '@jest/globals';
import { booksChecked, month, monthProgress } from '@wewrite/contracts';
import { sql } from 'kysely';
import { closeInstant, closeNovember, lockedMessages, populate, sum } from './november.ts';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

const started: RunningAllocations[] = [];

afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});

async function start(environment: Record<string, string> = {}): Promise<RunningAllocations> {
  const service = await startAllocations(environment);
  started.push(service);
  return service;
}

describe('closing a month', () => {
  test('B3: chunks of whole supporters, in order, with totals that add up to those of the closing message', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '7' });
    const paid = await populate(service, 40);
    await closeNovember(service, paid);
    const { chunks, closing } = await lockedMessages(service);
    const userIds = chunks.flatMap(({ body }) => body.supporters.userIds);
    expect(userIds).toEqual(paid.map(({ userId }) => userId).sort());
    expect(closing).toMatchObject({ chunks: 6, totals: { supporters: 41, lines: 120 } });
    for (const key of ['paidCents', 'fundedCents', 'unallocatedCents', 'unfundedCents', 'lines'] as const) {
      expect(sum(chunks.map(({ body }) => body.totals[key]))).toBe(closing?.totals[key]);
    }
    expect(closing?.totals.paidCents).toBe(sum(paid.map(({ paidCents }) => paidCents)));
    for (const { body } of chunks) {
      expect(sum(body.lines.fundedCents)).toBe(body.totals.fundedCents);
      expect(body.totals.fundedCents + body.totals.unallocatedCents).toBe(body.totals.paidCents);
    }
  });

  test('A6: shrunken budgets are funded exactly to the paid cent', async () => {
    const service = await start();
    const paid = await populate(service, 20);
    await closeNovember(service, paid);
    for (const { userId, paidCents } of paid.slice(0, 20)) {
      const { allocations } = await service.plan(userId, november);
      const wanted = sum(allocations.map((line) => line.usdCents));
      expect(sum(allocations.map((line) => line.fundedCents ?? -1))).toBe(Math.min(wanted, paidCents));
      if (wanted <= paidCents) continue;
      for (const line of allocations) {
        const share = (paidCents * line.usdCents) / wanted;
        expect(line.fundedCents).toBeGreaterThanOrEqual(Math.floor(share));
        expect(line.fundedCents).toBeLessThanOrEqual(Math.ceil(share));
      }
    }
  });

  test('E7: what of a budget is still open funds nothing', async () => {
    const service = await start();
    await service.register(page('a'), 'wanda');
    await service.fund([{ userId: 'sam', month: november, paidCents: 300, openCents: 700 }]);
    await service.set('sam', page('a'), 1_000);
    await closeNovember(service, [{ userId: 'sam', paidCents: 300 }]);
    const { closing } = await lockedMessages(service);
    expect(closing?.totals).toMatchObject({
      paidCents: 300,
      fundedCents: 300,
      unallocatedCents: 0,
      unfundedCents: 700,
    });
  });

  test('B5: progress and books are told, with nothing left over', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '5' });
    const paid = await populate(service, 9);
    await closeNovember(service, paid);
    const progress = (await service.heard(monthProgress)).map(({ body }) => body);
    expect(progress.map(({ done, expected, state, version }) => [done, expected, state, version])).toEqual([
      [0, null, 'running', 1],
      [0, 10, 'running', 2],
      [5, 10, 'running', 3],
      [10, 10, 'running', 4],
      [10, 10, 'done', 5],
    ]);
    const [books] = (await service.heard(booksChecked)).map(({ body }) => body);
    expect(books?.version).toBe(progress.at(-1)?.booksVersion);
    expect(books?.sums).toEqual(progress.at(-1)?.sums);
    expect(books?.equations.every(({ differenceCents }) => differenceCents === 0)).toBe(true);
  });

  test('B6: a month in progress cannot be closed, an unknown one neither', async () => {
    const service = await start();
    await service.fund([{ userId: 'sam', month: november, paidCents: 100 }]);
    expect(await service.close(november)).toMatchObject({ status: 409, body: { code: 'month_not_over' } });
    await service.setClock('2026-11-30T23:59:59.999Z');
    expect(await service.close(november)).toMatchObject({ status: 409, body: { code: 'month_not_over' } });
    expect(await service.close(december)).toMatchObject({ status: 409, body: { code: 'month_not_over' } });
    const unknown = await service.close(month('2026-09'));
    expect(unknown).toMatchObject({ status: 422, body: { code: 'unknown_month' } });
    expect(await service.closeState(november)).toMatchObject({ status: 404 });
    expect(await service.asSupporter('sam', 'POST', '/v1/months/2026-11/close')).toMatchObject({ status: 403 });
  });

  test('B2: closed again and again, it is one close', async () => {
    const service = await start();
    const paid = await populate(service, 3);
    await service.setClock(closeInstant);
    await service.closeFunding(november, paid);
    const answers = await Promise.all(Array.from({ length: 8 }, () => service.close(november)));
    await service.settled();
    const again = await service.close(november);
    expect(again).toMatchObject({ status: 200, body: { state: 'locked' } });
    expect(new Set([...answers, again].map(({ body }) => body.runId)).size).toBe(1);
    const { said } = await lockedMessages(service);
    expect(said).toHaveLength(2);
  });

  test('B6: a budget or a closing that comes once the lock has begun changes nothing of the month', async () => {
    const service = await start();
    const paid = await populate(service, 3);
    await closeNovember(service, paid);
    const kept = () =>
      service.query(sql<object>`
        select budget.*, funding_closing.paid_cents as closing_cents from budget join funding_closing using (month)
        order by user_id`);
    const before = await kept();
    await service.fund([{ userId: 'supporter-0', month: november, paidCents: 9_999 }]);
    await service.closeFunding(november, [{ userId: 'supporter-0', paidCents: 9_999 }]);
    await service.settled();
    expect(await kept()).toEqual(before);
  });

  test('B7: the lock waits until the budgets are those of the closed funding', async () => {
    const service = await start();
    const paid = await populate(service, 3);
    await service.setClock(closeInstant);
    expect(await service.close(november)).toMatchObject({ status: 202, body: { state: 'waiting_for_funding' } });
    const late = { userId: 'late', paidCents: 450 };
    await service.closeFunding(november, [...paid, late]);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({ body: { state: 'waiting_for_funding', chunks: 0 } });
    await service.fund([{ ...late, month: november }]);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({
      body: { state: 'locked', totals: { supporters: 5, paidCents: sum(paid.map((one) => one.paidCents)) + 450 } },
    });
  });

  test('B7: equal sums of other supporters are not the same funding', async () => {
    const service = await start();
    await service.fund([
      { userId: 'ann', month: november, paidCents: 300 },
      { userId: 'bob', month: november, paidCents: 400 },
    ]);
    await service.setClock(closeInstant);
    await service.closeFunding(november, [
      { userId: 'ann', paidCents: 400 },
      { userId: 'bob', paidCents: 300 },
    ]);
    await service.close(november);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({ body: { state: 'waiting_for_funding' } });
  });

  test('the schedule closes the month before, once', async () => {
    const service = await start();
    await service.fund([{ userId: 'sam', month: november, paidCents: 100 }]);
    await service.setClock('2026-12-01T08:59:59.999Z');
    await service.closeFunding(november, [{ userId: 'sam', paidCents: 100 }]);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({ status: 404 });
    await service.setClock(closeInstant);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({
      body: { state: 'locked', startedBy: 'schedule', totals: { unallocatedCents: 100 } },
    });
  });

  test('the schedule leaves a month alone in which nothing had begun', async () => {
    const service = await start();
    await service.setClock(closeInstant);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({ status: 422, body: { code: 'unknown_month' } });
  });

  test('a month that nobody paid for closes with nothing', async () => {
    const service = await start();
    await service.fund([{ userId: 'sam', month: november, openCents: 100 }]);
    await service.setClock(closeInstant);
    await service.fund([{ userId: 'sam', month: november }]);
    await service.closeFunding(november, []);
    await service.close(november);
    await service.settled();
    expect(await service.closeState(november)).toMatchObject({ body: { state: 'locked', chunks: 0 } });
    const { closing } = await lockedMessages(service);
    expect(closing).toMatchObject({ chunks: 0, totals: { supporters: 0, paidCents: 0 } });
  });
});
