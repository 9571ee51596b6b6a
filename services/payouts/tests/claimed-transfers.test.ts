import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { requestedAndHeld } from './held-transfers.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const writers = Array.from({ length: 8 }, (_, index) => `writer-${index}`);

let stack: PayoutHarness;
beforeAll(async () => {
  stack = await startPayouts('connect');
  for (const writer of writers) await stack.knowAccount(writer);
});
afterAll(() => stack.stop());

test('D3: of those who claim at the same time, each transfer is one’s: Stripe is asked once', async () => {
  await requestedAndHeld(stack, '2026-11', writers);
  await stack.topUp(1_000_000);
  const before = (await stack.requestedAtMs()).length;
  const database = stack.database<Schema>('payouts');
  await database.transaction(async (tx) => {
    await sql`lock table transfer_job in exclusive mode`.execute(tx);
    await sql`update transfer_job set state = 'send', due_at = now() where state = 'held'`.execute(tx);
    // Both loops have begun to claim, and go on as this commits.
    await until(async () => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database.kysely);
      return (rows[0]?.count ?? 0) >= 2;
    });
  });
  await stack.settled();
  expect((await stack.transfers()).map(({ metadata }) => metadata.writer).sort()).toEqual(writers);
  expect(await stack.requestedAtMs()).toHaveLength(before + writers.length);
});
