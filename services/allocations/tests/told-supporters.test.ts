import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AllocationHistorySchema, allocationChanged, LockedClosingSchema, monthLocked } from '@wewrite/contracts';
import { realTime, type TechnicalTime } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

let aheadMs = 0;
const time: TechnicalTime = { ...realTime, now: () => new Date(Date.now() + aheadMs) };
let service: RunningAllocations;

beforeAll(async () => {
  service = await startAllocations({ CLOSE_CRON: '0 0 31 2 *' }, time);
});
afterAll(() => service.stop());

const site = { sub: 'site', role: 'service' } as const;
const setState = async (writer: string, state: string) => {
  const answer = await service.call(site, { method: 'PUT', path: `/v1/writers/${writer}`, body: { state } });
  expect(answer.status).toBe(200);
};
/** A writer with a page of theirs, and supporters who pay $10 in November and December and give it $1. */
async function give(writer: string, supporters: readonly string[], pages: readonly string[] = [writer]) {
  for (const id of pages) await service.register(page(id), writer);
  const months = [november, december];
  await service.fund(supporters.flatMap((userId) => months.map((month) => ({ userId, month, paidCents: 1_000 }))));
  for (const userId of supporters) for (const id of pages) await service.set(userId, page(id), 100);
}
const historyOf = async (userId: string) =>
  AllocationHistorySchema.parse((await service.asSupporter(userId, 'GET', '/v1/allocations/history')).body).changes;
const saidOf = async (userId: string) =>
  (await service.heard(allocationChanged)).map(({ body }) => body).filter((body) => body.userId === userId);
const told = async (userId: string) =>
  (await historyOf(userId)).flatMap(({ writerState }) => writerState ?? []).reverse();

describe('A11: supporters of a writer who takes no support any more', () => {
  test('A11: are told by a change of each allocation, with its reason and its amount as it was', async () => {
    await give('wanda', ['ann', 'bob'], ['w1', 'w2']);
    await setState('wanda', 'blocked');
    await service.settled();
    expect(await historyOf('ann')).toMatchObject([
      { version: 4, resourceId: 'w2', beforeCents: 100, afterCents: 100, cause: 'writer_unavailable' },
      { version: 3, resourceId: 'w1', cause: 'writer_unavailable', writerState: 'blocked', changedBy: 'site' },
      { version: 2, cause: 'user', writerState: null },
      { version: 1, cause: 'user' },
    ]);
    expect((await saidOf('bob')).slice(2)).toEqual(
      ['w1', 'w2'].map((resourceId, index) => ({
        ...{ userId: 'bob', ...page(resourceId), recipientUserId: 'wanda', beforeCents: 100, afterCents: 100 },
        ...{ currency: 'usd', month: november, version: 3 + index, at: '2026-11-10T12:00:00.000Z' },
        ...{ cause: 'writer_unavailable', writerState: 'blocked' },
      })),
    );
    const { summary, allocations } = await service.plan('ann');
    expect(summary).toMatchObject({ version: 4, allocatedCents: 200, availableCents: 800 });
    expect(allocations).toMatchObject([
      { writerState: 'blocked', version: 3 },
      { writerState: 'blocked', version: 4 },
    ]);
  });

  test('A11: are told when the reason is another, and when the writer is open again; once each', async () => {
    await give('walt', ['cid']);
    for (const state of ['inactive', 'inactive', 'closed', 'open', 'open']) {
      await setState('walt', state);
      await service.settled();
    }
    expect(await told('cid')).toEqual(['inactive', 'closed', 'open']);
    await setState('walt', 'blocked');
    await setState('walt', 'open');
    await service.settled();
    expect((await told('cid')).at(-1)).toBe('open');
    await service.asSupporter('cid', 'PUT', `/v1/allocations/page/walt`, { usdCents: 150 });
  });

  test('A11: are all told, however many they are, in the portions of several instances', async () => {
    await give('wim', ['dan']);
    await service.query(
      sql`insert into plan (user_id, version) select 'fan ' || number, 1 from generate_series(1, 1300) as number`,
    );
    await service.query(sql`
      insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since, version)
      select user_id, 'page', 'wim', 'wim', 5, '2026-11-01T00:00:00Z', 1 from plan where user_id ^@ 'fan '`);
    const replica = await service.startReplica('allocations');
    await setState('wim', 'closed');
    await setState('wim', 'inactive');
    await service.settled();
    const rows = await service.query(sql<object>`
      select count(*) as changes, count(distinct change.user_id) as supporters,
        count(*) filter (where plan.version = change.version and allocation.version = change.version) as last
      from allocation_change as change join plan using (user_id) join allocation using (user_id)
      where change.resource_id = 'wim' and change.writer_state = 'inactive'`);
    expect(rows).toEqual([{ changes: 1_301, supporters: 1_301, last: 1_301 }]);
    await replica.stop();
  });

  test('A11: who wished while the state changed, and did not see it, is told a minute later', async () => {
    await give('wolf', ['eve']);
    const database = service.database<Schema>('allocations');
    await database.transaction(async (tx) => {
      await sql`insert into plan (user_id, version) values ('fay', 1)`.execute(tx);
      await sql`
        insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since, version)
        values ('fay', 'page', 'wolf', 'wolf', 70, '2026-11-10T12:00:00Z', 1)`.execute(tx);
      await setState('wolf', 'blocked');
      await service.settled();
    });
    expect([await told('eve'), await told('fay')]).toEqual([['blocked'], []]);
    aheadMs += 61_000;
    await service.settled();
    expect([await told('eve'), await told('fay')]).toEqual([['blocked'], ['blocked']]);
    expect(await service.query(sql`select from writer_notice where writer_user_id = 'wolf'`)).toEqual([]);
  });

  test('A10: what they did before can be taken back; that they were told cannot', async () => {
    await give('wren', ['gus']);
    await service.set('gus', page('wren'), 80);
    await setState('wren', 'closed');
    await service.settled();
    const undo = (version: number) => service.asSupporter('gus', 'POST', '/v1/allocations/undo', { version });
    expect(await undo(3)).toMatchObject({ status: 404 });
    expect(await undo(2)).toMatchObject({ status: 422, body: { code: 'writer_closed' } });
    await setState('wren', 'open');
    await service.settled();
    expect(await undo(2)).toMatchObject({ status: 200, body: { allocation: { usdCents: 100, version: 5 } } });
  });

  test('A11: are told of whom the allocation is for, once its resource has another owner', async () => {
    await give('wes', ['hal']);
    await setState('wes', 'blocked');
    await service.settled();
    await service.register(page('wes'), 'wilma');
    expect(await service.set('hal', page('wes'), 90)).toMatchObject({ status: 200 });
    await setState('wilma', 'blocked');
    await setState('wes', 'open');
    await service.settled();
    const history = await historyOf('hal');
    expect(history.map(({ recipientUserId, writerState }) => [recipientUserId, writerState]).reverse()).toEqual([
      ['wes', null],
      ['wes', 'blocked'],
      ['wilma', null],
      ['wilma', 'blocked'],
    ]);
  });

  test('A9, A11: a plan whose month has turned is turned before', async () => {
    await give('wade', ['ida']);
    await service.asSupporter('ida', 'POST', '/v1/schedules', {
      ...{ ...page('wade'), kind: 'set', usdCents: 60, fromMonth: december },
    });
    service.clock.set({ now: new Date('2026-12-01T00:00:05.000Z'), running: false });
    await setState('wade', 'inactive');
    await service.settled();
    expect(await historyOf('ida')).toMatchObject([
      { version: 3, cause: 'writer_unavailable', afterCents: 60, at: '2026-12-01T00:00:05.000Z' },
      { version: 2, cause: 'schedule', afterCents: 60, at: '2026-12-01T00:00:00.000Z' },
      { version: 1, cause: 'user' },
    ]);
  });

  test('B1: a month that is locked after they were told has its lines as they were at its cutoff', async () => {
    const budgets = ['ann', 'bob', 'cid', 'dan', 'eve', 'gus', 'hal', 'ida'].map((userId) => ({
      userId,
      paidCents: 1_000,
    }));
    const lines = (await service.plan('gus', november)).allocations;
    await setState('wren', 'closed');
    await service.settled();
    expect((await service.plan('gus', november)).allocations).toEqual(lines);
    await service.closeFunding(november, budgets);
    await service.close(november);
    await service.settled();
    const closings = (await service.heard(monthLocked)).flatMap(({ body }) => (body.part === 'closing' ? [body] : []));
    expect(closings).toHaveLength(1);
    // Of November walt's, wren's and wade's pages are funded; wanda, wim, wolf and wilma were not open at its cutoff.
    expect(LockedClosingSchema.parse(closings[0]).totals).toMatchObject({ lines: 3, fundedCents: 150 + 100 + 100 });
  });
});
