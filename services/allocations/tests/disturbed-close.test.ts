import { afterEach, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { closeInstant, closeNovember, lockedMessages, populate } from './november.ts';
import { eventually, november, page, type RunningAllocations, startAllocations } from './running-allocations.ts';

const started: RunningAllocations[] = [];

afterEach(async () => {
  for (const service of started.splice(0)) await service.stop();
});

async function start(environment: Record<string, string> = {}): Promise<RunningAllocations> {
  const service = await startAllocations(environment);
  started.push(service);
  return service;
}

describe('a close that is disturbed', () => {
  const environment = { CHUNK_SUPPORTERS: '1', CLOSE_CRON: '0 9 2 * *' };

  /** The chunks of the same community, closed without disturbance. */
  async function undisturbed(count: number) {
    const service = await start(environment);
    const paid = await populate(service, count);
    await closeNovember(service, paid);
    return lockedMessages(service);
  }

  test('B2: stopped in the middle, a new instance goes on and the chunks are the same', async () => {
    const service = await start(environment);
    const paid = await populate(service, 80);
    await service.setClock(closeInstant);
    await service.closeFunding(november, paid);
    await service.close(november);
    await eventually(
      'some chunks are frozen',
      async () => Number((await service.closeState(november)).body.chunks) >= 3,
    );
    await service.stopFirst('allocations');
    const [stopped] = await service.query(sql<{ state: string }>`select state from month_close`);
    expect(stopped?.state).toBe('locking');
    await service.startReplica('allocations');
    for (let index = 0; index < 80; index++) await service.set(`supporter-${index}`, page('a'), 1);
    await service.settled();
    const [resumed, expected] = [await lockedMessages(service), await undisturbed(80)];
    expect(resumed.closing).toEqual(expected.closing);
    expect(resumed.chunks.map(({ value }) => value.toString('hex'))).toEqual(
      expected.chunks.map(({ value }) => value.toString('hex')),
    );
  });

  test('B2: two instances at once freeze each chunk once', async () => {
    const service = await start(environment);
    const second = await service.startReplica('allocations');
    const paid = await populate(service, 40);
    await service.setClock(closeInstant);
    await service.closeFunding(november, paid);
    await Promise.all([service.close(november), service.close(november, second.url)]);
    await service.settled();
    const [both, expected] = [await lockedMessages(service), await undisturbed(40)];
    expect(both.said).toHaveLength(42);
    expect(both.closing).toEqual(expected.closing);
  });

  test('a chunk of long ids is halved until it fits a message, and no line is lost', async () => {
    const service = await start({ CHUNK_SUPPORTERS: '100', CLOSE_CRON: '0 9 2 * *' });
    const longId = () => Buffer.from(crypto.getRandomValues(new Uint8Array(64))).toString('hex');
    const paid = Array.from({ length: 20 }, () => ({ userId: longId(), paidCents: 500 }));
    await service.fund(paid.map((one) => ({ ...one, month: november })));
    await insertPlans(service, paid, { lines: 300 });
    await closeNovember(service, paid);
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
    await insertPlans(service, paid, { lines: 250 });
    await closeNovember(service, paid);
    const { chunks } = await lockedMessages(service);
    expect(chunks.map(({ body }) => body.supporters.userIds)).toEqual([['a', 'b'], ['c']]);
    expect(chunks.map(({ body }) => body.supporters.lineCounts)).toEqual([[250, 250], [250]]);
  });
});

/** Plans of many lines with long ids that do not compress, as if they had been set one by one. */
async function insertPlans(
  service: RunningAllocations,
  supporters: readonly { userId: string }[],
  { lines }: { lines: number },
): Promise<void> {
  const userIds = supporters.map(({ userId }) => userId);
  await service.query(sql`
    insert into plan (user_id, version, first_changed_at, last_changed_at)
    select user_id, 1, '2026-11-10', '2026-11-10' from unnest(${userIds}::text[]) as one (user_id)`);
  await service.query(sql`
    insert into allocation (user_id, resource_type, resource_id, recipient_user_id, usd_cents, since, version)
    select user_id, 'page', encode(sha512((user_id || n)::bytea), 'hex'), encode(sha512((n || user_id)::bytea), 'hex'), 1,
      '2026-11-10', n
    from unnest(${userIds}::text[]) as one (user_id), generate_series(1, ${lines}) as line (n)`);
}
