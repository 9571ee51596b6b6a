import { readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type Month, month, monthProgress } from '@wewrite/contracts';
import { closeInstant, closeNovember, lockedMessages, populate } from './november.ts';
import { december, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

const january = month('2027-01');
const february = month('2027-02');
/** The schedule first looks in February: what came before was missed. */
const missedUntilFebruary = { CLOSE_CRON: '0 9 1 2 *', CHUNK_SUPPORTERS: '7' };
const started: RunningAllocations[] = [];

afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});

async function start(environment: Record<string, string>): Promise<RunningAllocations> {
  const service = await startAllocations(environment);
  started.push(service);
  return service;
}

/** Raises, lowers, removes and adds, in each month after November. */
async function changeLater(service: RunningAllocations, userIds: readonly string[]): Promise<void> {
  for (const [index, of] of [december, january, february].entries()) {
    await service.fund(userIds.map((userId) => ({ userId, month: of, paidCents: 3_000 })));
    await service.setClock(`${of}-${of === february ? '01' : '15'}T08:00:00.000Z`);
    for (const [place, userId] of userIds.entries()) {
      await service.set(userId, page('a'), (place + index) % 3 === 0 ? 0 : 50 + index);
      await service.set(userId, page('b'), 10 * place);
      await service.set(userId, page('b'), 10 * place + 1);
    }
    await service.fund([{ userId: `new-${of}`, month: of, paidCents: 100 }]);
    await service.set(`new-${of}`, page('c'), 100);
  }
}

describe('a month that was missed', () => {
  test('A8: closed two months late, with changes made since, it is frozen to the same bytes as on time', async () => {
    const onTime = await start({ CHUNK_SUPPORTERS: '7' });
    await closeNovember(onTime, await populate(onTime, 20));
    const late = await start(missedUntilFebruary);
    const paid = await populate(late, 20);
    await changeLater(
      late,
      paid.map(({ userId }) => userId),
    );
    expect(await late.closeState(november)).toMatchObject({ status: 404 });
    await late.closeFunding(november, paid);
    expect(await late.close(november)).toMatchObject({ status: 202, body: { backfilled: { lines: 0 } } });
    await late.settled();
    const [expected, found] = [await lockedMessages(onTime), await lockedMessages(late)];
    expect(found.chunks).toHaveLength(3);
    expect(found.chunks.map(({ value }) => value)).toEqual(expected.chunks.map(({ value }) => value));
    expect(found.closing).toEqual(expected.closing);
    expect(await onTime.closeState(november)).toMatchObject({ body: { state: 'locked', backfilled: null } });
    expect(await late.closeState(november)).toMatchObject({ body: { state: 'locked', backfilled: { lines: 60 } } });
  });

  test('A8: months that were missed are closed before the one that is asked for, each once the one before is over, and counted', async () => {
    const logFile = join(tmpdir(), `late-close-${crypto.randomUUID()}.log`);
    const service = await start({ ...missedUntilFebruary, LOG_LEVEL: 'error', LOG_FILE: logFile });
    const paid = await populate(service, 3);
    await service.setClock('2027-01-20T12:00:00.000Z');
    await service.closeFunding(december, []);
    expect(await service.close(december)).toMatchObject({ status: 202, body: { backfilled: null } });
    await service.settled();
    expect(await service.closeState(december)).toMatchObject({ body: { state: 'waiting_for_earlier_month' } });
    await service.closeFunding(november, paid);
    await service.settled();
    expect(await lockedMonths(service)).toEqual([november]);
    expect(await service.closeState(december)).toMatchObject({ body: { state: 'waiting_for_earlier_month' } });
    expect(await service.close(december)).toMatchObject({ body: { state: 'waiting_for_earlier_month' } });
    await service.reconcile(november);
    expect(await lockedMonths(service)).toEqual([november, december]);
    const sums = new Map((await service.heard(monthProgress)).map(({ body }) => [body.run.month, body.sums]));
    expect(sums.get(november)).toMatchObject({ backfilledMonths: 1, backfilledLines: 9 });
    expect(Object.keys(sums.get(december) ?? {})).not.toContain('backfilledMonths');
    const alerts = (await readFile(logFile, 'utf8')).split('\n').filter((line) => line.includes('"backfill"'));
    expect(alerts.map((line) => JSON.parse(line))).toMatchObject([{ month: november, lines: 9 }]);
    await rm(logFile);
  });

  test('A8: a late month whose payouts wait for a person, or that waits for funds, does not hold up the one after it', async () => {
    const service = await start(missedUntilFebruary);
    await service.closeFunding(november, await populate(service, 1));
    await service.closeFunding(december, []);
    await service.setClock('2027-01-20T12:00:00.000Z');
    await service.close(december);
    await service.settled();
    expect(await lockedMonths(service)).toEqual([november]);
    await service.stall(november);
    expect(await lockedMonths(service)).toEqual([november, december]);
  });

  test('A8: the schedule catches up with each missed month', async () => {
    const service = await start(missedUntilFebruary);
    const paid = await populate(service, 3);
    for (const unpaid of [december, january]) await service.closeFunding(unpaid, []);
    await service.closeFunding(november, paid);
    await service.setClock('2027-02-01T09:00:00.000Z');
    await service.settled();
    expect(await lockedMonths(service)).toEqual([november]);
    await service.reconcile(november);
    expect(await lockedMonths(service)).toEqual([november, december]);
    await service.reconcile(december);
    expect(await lockedMonths(service)).toEqual([november, december, january]);
    const backfilled: unknown[] = [];
    for (const missed of [november, december, january]) {
      const { body } = await service.closeState(missed);
      expect(body).toMatchObject({ state: 'locked', startedBy: 'schedule' });
      backfilled.push(body.backfilled);
    }
    expect(backfilled).toEqual([{ lines: 9 }, { lines: 9 }, null]);
  });

  test('A8: a stop over several closes is made up for at the next start of the clock', async () => {
    const service = await start({});
    const paid = await populate(service, 2);
    await service.closeFunding(november, paid);
    await service.closeFunding(december, []);
    await service.setClock('2027-01-01T09:00:00.000Z');
    await service.settled();
    await service.reconcile(november);
    expect(await lockedMonths(service)).toEqual([november, december]);
    expect(await service.closeState(december)).toMatchObject({ body: { state: 'locked', backfilled: null } });
  });

  test('a close within the month after is on time', async () => {
    const service = await start(missedUntilFebruary);
    const paid = await populate(service, 1);
    await service.setClock(closeInstant);
    await service.closeFunding(november, paid);
    await service.setClock('2026-12-31T23:59:59.999Z');
    expect(await service.close(november)).toMatchObject({ status: 202, body: { backfilled: null } });
  });
});

/** The months that are locked, in the order of their locks. */
async function lockedMonths(service: RunningAllocations): Promise<Month[]> {
  const done = (await service.heard(monthProgress)).map(({ body }) => body).filter(({ state }) => state === 'done');
  done.sort((one, other) => (one.booksVersion ?? 0) - (other.booksVersion ?? 0));
  return done.map(({ run }) => run.month);
}
