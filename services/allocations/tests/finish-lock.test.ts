import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createLog } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { MonthCloseTable, Schema } from '../src/db.ts';
import { finishLock } from '../src/finish-lock.ts';
import { closeNovember, populate } from './november.ts';
import { type RunningAllocations, startAllocations } from './running-allocations.ts';

let service: RunningAllocations;
let close: MonthCloseTable;

beforeAll(async () => {
  service = await startAllocations();
  await closeNovember(service, await populate(service, 3));
  const [row] = await service.query(sql<MonthCloseTable>`select * from month_close`);
  if (row === undefined) throw new Error('November was not closed');
  close = row;
});
afterAll(() => service.stop());

/** Ends the lock once more, of a close as it is given; what that writes is undone by its failure. */
function finish(change: Partial<MonthCloseTable>): Promise<void> {
  const outbox = { emit: async () => undefined, emitBlobs: async () => undefined };
  const context = { clock: service.clock, outbox, log: createLog({ service: 'allocations', level: 'silent' }) };
  return service.database<Schema>('allocations').transaction((tx) => finishLock(tx, context, { ...close, ...change }));
}

test('B5: a lock does not end when a supporter who was counted is not in it', async () => {
  const missed = finish({ candidates_done: close.candidates_done - 1 });
  await expect(missed).rejects.toThrow('the lock of 2026-11 has missed a supporter');
});

test('B3: a lock does not end when its chunks do not hold what billing says was paid', async () => {
  await service.query(sql`update funding_closing set paid_cents = paid_cents + 1`);
  await expect(finish({})).rejects.toThrow('the chunks of 2026-11 do not hold its paid budget');
});
