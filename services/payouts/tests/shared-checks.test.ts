import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { booksChecked, earningsReversed, type MessageOf, month } from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { writerReversal } from './messages-of-earnings.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';
import { until } from './until.ts';

const writers = Array.from({ length: 40 }, (_, index) => `writer ${index}`);
const november = month('2026-11');
let stack: PayoutHarness;
let books: MessageOf<typeof booksChecked>[];

beforeAll(async () => {
  stack = await startPayouts('connect');
  books = await stack.hear(booksChecked);
  await stack.earn(november, Object.fromEntries(writers.map((writer) => [writer, 1_000])));
  await stack.settled();
});
afterAll(() => stack.stop());

test('B5: reversals that come together share a check of the books, wait for none, and are seen by the last one', async () => {
  const database = stack.database<Schema>('payouts');
  const reversedCents = async () => {
    const { rows } = await sql<{ cents: number }>`
      select coalesce(-sum(payable_cents), 0)::bigint as cents from adjustment`.execute(database.kysely);
    return rows[0]?.cents;
  };
  await database.transaction(async (tx) => {
    // A check is under way for as long as this lasts.
    await sql`update books_version set version = version`.execute(tx);
    for (const [index, writer] of writers.entries()) {
      const at = '2026-12-01T09:00:00.000Z';
      const body = writerReversal(`refund ${index}`, { kind: 'refund', month: november, writer, netCents: 100, at });
      await stack.say(earningsReversed, { key: writer, id: `refund ${index}`, body });
      await until(async () => (await reversedCents()) === 100 * (index + 1));
    }
  });
  await stack.settled();
  const checks = books.filter(({ stage }) => stage === 'reversals');
  expect(checks.length).toBeGreaterThan(0);
  expect(checks.length).toBeLessThanOrEqual(2);
  const last = checks.toSorted((a, b) => b.version - a.version)[0];
  expect(last?.sums).toMatchObject({ creatorObligationsCents: 40 * 900, netCents: 40 * 1_000 });
  expect(last?.equations.map(({ differenceCents }) => differenceCents)).toEqual([0, 0, 0, 0]);
});
