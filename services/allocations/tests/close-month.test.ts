import { afterEach, describe, expect, test } from '@jest/globals';
import { booksChecked, type LockedChunk, type LockedClosing, monthLocked, monthProgress } from '@wewrite/contracts';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

type Ended = RunningAllocations & { end(): Promise<void> };
const started: Ended[] = [];

afterEach(async () => {
  for (const service of started.splice(0)) await service.end();
});

async function start(environment: Record<string, string> = {}): Promise<Ended> {
  const service = await startAllocations(environment);
  started.push(service);
  return service;
}

const afterClose = '2026-12-01T09:00:00.000Z';

/** Supporters with different budgets and plans, some shrunken, one idle; returns the paid budgets. */
async function populate(service: RunningAllocations, count: number) {
  for (const name of ['a', 'b', 'c']) await service.register(page(name), `writer-${name}`);
  const paid = Array.from({ length: count }, (_, index) => ({ userId: `supporter-${index}`, paidCents: 500 + index }));
  await service.fund(paid.map((one) => ({ ...one, month: november, paidCents: 2_000 })));
  await Promise.all(
    paid.map(async ({ userId }, index) => {
      await service.set(userId, page('a'), 100 + index);
      await service.set(userId, page('b'), 333);
      await service.set(userId, page('c'), index % 2 === 0 ? 77 : 1_000);
    }),
  );
  const all = [...paid, { userId: 'idle', paidCents: 900 }];
  await service.fund(all.map((one) => ({ ...one, month: november })));
  return all;
}

/** What was said of the lock: chunks in order of number, each once, and the closing message. */
async function lockedMessages(service: RunningAllocations) {
  const said = await service.heard(monthLocked);
  const chunks = new Map<number, { body: LockedChunk; value: Buffer }>();
  let closing: LockedClosing | undefined;
  for (const { body, value } of said) {
    if (body.part === 'closing') closing = body;
    else chunks.set(body.chunk, { body, value });
  }
  return { said, closing, chunks: [...chunks.values()].sort((a, b) => a.body.chunk - b.body.chunk) };
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

describe('closing a month', () => {
  test('B3: chunks of whole supporters, in order, with totals that add up to those of the closing message', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '7' });
    const paid = await populate(service, 40);
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.drain();
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
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.drain();
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

  test('B5: progress and books are told, with nothing left over', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '5' });
    const paid = await populate(service, 9);
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.drain();
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
    await service.at('2026-11-30T23:59:59.999Z');
    expect(await service.close(november)).toMatchObject({ status: 409, body: { code: 'month_not_over' } });
    expect(await service.close(december)).toMatchObject({ status: 409, body: { code: 'month_not_over' } });
    const unknown = await service.call('admin', 'admin', 'POST', '/v1/months/2026-09/close');
    expect(unknown).toMatchObject({ status: 422, body: { code: 'unknown_month' } });
    expect(await service.closeState(november)).toMatchObject({ status: 404 });
    expect(await service.call('sam', 'supporter', 'POST', '/v1/months/2026-11/close')).toMatchObject({ status: 403 });
  });

  test('B2: closed again and again, it is one close', async () => {
    const service = await start();
    const paid = await populate(service, 3);
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    const answers = await Promise.all(Array.from({ length: 8 }, () => service.close(november)));
    await service.drain();
    const again = await service.close(november);
    expect(again).toMatchObject({ status: 200, body: { state: 'locked' } });
    expect(new Set([...answers, again].map(({ body }) => body.runId)).size).toBe(1);
    const { said } = await lockedMessages(service);
    expect(said).toHaveLength(2);
  });

  test('B7: the lock waits until the budgets are those of the closed funding', async () => {
    const service = await start();
    const paid = await populate(service, 3);
    await service.at(afterClose);
    expect(await service.close(november)).toMatchObject({ status: 202, body: { state: 'waiting_for_funding' } });
    const late = { userId: 'late', paidCents: 450 };
    await service.closeFunding(november, [...paid, late]);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({ body: { state: 'waiting_for_funding', chunks: 0 } });
    await service.fund([{ ...late, month: november }]);
    await service.drain();
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
    await service.at(afterClose);
    await service.closeFunding(november, [
      { userId: 'ann', paidCents: 400 },
      { userId: 'bob', paidCents: 300 },
    ]);
    await service.close(november);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({ body: { state: 'waiting_for_funding' } });
  });

  test('the schedule closes the month before, once', async () => {
    const service = await start();
    await service.fund([{ userId: 'sam', month: november, paidCents: 100 }]);
    await service.at('2026-12-01T08:59:59.999Z');
    await service.closeFunding(november, [{ userId: 'sam', paidCents: 100 }]);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({ status: 404 });
    await service.at(afterClose);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({
      body: { state: 'locked', startedBy: 'schedule', totals: { unallocatedCents: 100 } },
    });
  });

  test('the schedule leaves a month alone in which nothing had begun', async () => {
    const service = await start();
    await service.at(afterClose);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({ status: 422, body: { code: 'unknown_month' } });
  });

  test('a month that nobody paid for closes with nothing', async () => {
    const service = await start();
    await service.fund([{ userId: 'sam', month: november, openCents: 100 }]);
    await service.at(afterClose);
    await service.fund([{ userId: 'sam', month: november }]);
    await service.closeFunding(november, []);
    await service.close(november);
    await service.drain();
    expect(await service.closeState(november)).toMatchObject({ body: { state: 'locked', chunks: 0 } });
    const { closing } = await lockedMessages(service);
    expect(closing).toMatchObject({ chunks: 0, totals: { supporters: 0, paidCents: 0 } });
  });
});

describe('a close that is disturbed', () => {
  const environment = { CHUNK_SUPPORTERS: '1', CLOSE_CRON: '0 9 2 * *' };

  /** The chunks of the same community, closed without disturbance. */
  async function undisturbed(count: number) {
    const service = await start(environment);
    const paid = await populate(service, count);
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.drain();
    return lockedMessages(service);
  }

  test('B2: stopped in the middle, a new instance goes on and the chunks are the same', async () => {
    const service = await start(environment);
    const paid = await populate(service, 80);
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.until(
      'some chunks are frozen',
      async () => Number((await service.closeState(november)).body.chunks) >= 3,
    );
    await service.stop(service.first);
    const [stopped] = await service.sql<{ state: string; chunks: number }>('select state, chunks from month_close');
    expect(stopped?.state).toBe('locking');
    await service.start();
    for (let index = 0; index < 80; index++) await service.set(`supporter-${index}`, page('a'), 1);
    await service.drain();
    const [resumed, expected] = [await lockedMessages(service), await undisturbed(80)];
    expect(resumed.closing).toEqual(expected.closing);
    expect(resumed.chunks.map(({ value }) => value.toString('hex'))).toEqual(
      expected.chunks.map(({ value }) => value.toString('hex')),
    );
  });

  test('B2: two instances at once freeze each chunk once', async () => {
    const service = await start(environment);
    const second = await service.start();
    const paid = await populate(service, 40);
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await Promise.all([service.close(november), service.close(november, second)]);
    await service.drain();
    const [both, expected] = [await lockedMessages(service), await undisturbed(40)];
    expect(both.said).toHaveLength(42);
    expect(both.closing).toEqual(expected.closing);
  });

  test('a chunk of long ids is halved until it fits a message, and no line is lost', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '100', CLOSE_CRON: '0 9 2 * *' });
    const longId = () => Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString('hex');
    const paid = Array.from({ length: 20 }, () => ({ userId: longId(), paidCents: 500 }));
    await service.fund(paid.map((one) => ({ ...one, month: november })));
    await service.sql(
      `insert into plan (user_id, version, first_changed_at, last_changed_at)
       select user_id, 1, '2026-11-10', '2026-11-10' from unnest($1::text[]) as one (user_id)`,
      [paid.map(({ userId }) => userId)],
    );
    await service.sql(
      `insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since)
       select user_id, 'page', encode(sha512((user_id || n)::bytea), 'hex'), encode(sha512((n || user_id)::bytea), 'hex'), 1, '2026-11-10'
       from unnest($1::text[]) as one (user_id), generate_series(1, 300) as line (n)`,
      [paid.map(({ userId }) => userId)],
    );
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.drain();
    const { chunks, closing } = await lockedMessages(service);
    expect(chunks.length).toBeGreaterThan(1);
    expect(closing?.totals).toMatchObject({
      supporters: 20,
      lines: 6_000,
      fundedCents: 6_000,
      unallocatedCents: 4_000,
    });
    for (const { value } of chunks) expect(value.length).toBeLessThanOrEqual(256 * 1024);
  });

  test('plans that do not fit the lines of a chunk go to the next one whole', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '100', CHUNK_LINES: '4', CLOSE_CRON: '0 9 2 * *' });
    const paid = ['a', 'b', 'c'].map((userId) => ({ userId, paidCents: 500 }));
    await service.fund(paid.map((one) => ({ ...one, month: november })));
    await service.sql(
      `insert into plan (user_id, version, first_changed_at, last_changed_at)
       select user_id, 1, '2026-11-10', '2026-11-10' from unnest('{a,b,c}'::text[]) as one (user_id)`,
    );
    await service.sql(
      `insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since)
       select user_id, 'page', 'p' || n, 'wanda', 1, '2026-11-10'
       from unnest('{a,b,c}'::text[]) as one (user_id), generate_series(1, 250) as line (n)`,
    );
    await service.at(afterClose);
    await service.closeFunding(november, paid);
    await service.close(november);
    await service.drain();
    const { chunks } = await lockedMessages(service);
    expect(chunks.map(({ body }) => body.supporters.userIds)).toEqual([['a', 'b'], ['c']]);
    expect(chunks.map(({ body }) => body.supporters.lineCounts)).toEqual([[250, 250], [250]]);
  });
});
