import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type MessageOf, monthLocked } from '@wewrite/contracts';
import { type Database, openDatabase } from '@wewrite/service-kit';
import { sql } from 'kysely';
import {
  november,
  page,
  type RunningAllocations,
  startAllocations,
} from '../services/allocations/tests/running-allocations.ts';
import { untilBlocked } from './blocked-sessions.ts';

const closeInstant = '2026-12-01T09:00:00.000Z';

let service: RunningAllocations;
let database: Database<unknown>;

beforeAll(async () => {
  // A chunk each supporter, and no close by itself: it is the test that starts them.
  service = await startAllocations({ CHUNK_SUPPORTERS: '1', CLOSE_CRON: '0 9 2 * *' });
  database = openDatabase({ url: service.databaseUrl('allocations'), name: 'races', maxConnections: 4 });
  await service.register(page('essay'), 'wanda');
});
afterAll(async () => {
  await database.close();
  await service.stop();
});

describe('a lock against changes', () => {
  test('A5, B1, B2: what was dated before the cutoff is in the month, however late it commits; many closes are one', async () => {
    const replica = await service.startReplica('allocations');
    const budgets = [
      { userId: 'pat', paidCents: 2_000 },
      { userId: 'sam', paidCents: 1_000 },
    ];
    await service.fund(budgets.map((budget) => ({ ...budget, month: november })));
    await service.set('sam', page('essay'), 100);
    service.clock.set({ now: new Date('2026-11-30T23:59:59.999Z'), running: false });
    const { changing, closing } = await whileHeld('sam', async () => {
      const change = service.set('sam', page('essay'), 700);
      await untilBlocked(database, 1, 'the change has its instant, and waits for its row');
      service.clock.set({ now: new Date(closeInstant), running: false });
      await service.closeFunding(november, budgets);
      const first = service.close(november);
      await untilBlocked(database, 2, 'the close waits for the change');
      const others = Array.from({ length: 15 }, (_, number) =>
        number % 2 === 0 ? service.close(november, replica.url) : service.close(november),
      );
      const closes = Promise.all([first, ...others]);
      return { changing: change, closing: closes };
    });
    expect(await changing).toMatchObject({ status: 200, body: { summary: { month: november } } });
    for (const { status } of await closing) expect([200, 202]).toContain(status);
    await service.settled();
    const chunks = await lockedChunks();
    expect(chunks.flatMap(({ supporters }) => supporters.userIds).toSorted()).toEqual(['pat', 'sam']);
    expect(
      chunks.find(({ supporters }) => supporters.userIds.some((userId) => userId === 'sam'))?.lines.usdCents,
    ).toEqual([700]);
    const { rows } = await sql`select month from month_close`.execute(database.kysely);
    expect(rows).toEqual([{ month: november }]);
    await replica.stop();
  });
});

type LockedChunk = Extract<MessageOf<typeof monthLocked>, { part: 'chunk' }>;

/** Of the close; the month has been rehearsed, too. */
async function lockedChunks(): Promise<LockedChunk[]> {
  const said = await service.heard(monthLocked);
  return said.flatMap(({ body }) => (body.part === 'chunk' && body.run.kind === 'close' ? [body] : []));
}

/** Keeps changes of a supporter's standing rows from being written while the work goes on. */
async function whileHeld<Result>(userId: string, work: () => Promise<Result>): Promise<Result> {
  return database.transaction(async (tx) => {
    await sql`select from allocation where user_id = ${userId} for update`.execute(tx);
    return work();
  });
}
