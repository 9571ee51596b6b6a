import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunSchema, writerChanged } from '@wewrite/contracts';
import { sql } from 'kysely';
import { countParts, expectParts } from '../src/index.ts';
import { type KitHarness, startKitService } from './kit-service.ts';

let kit: KitHarness;
beforeAll(async () => {
  kit = await startKitService();
});
afterAll(() => kit.stop());

const message = (userId: string, version: number) =>
  writerChanged.schema.parse({ userId, version, accountId: null, canReceive: false, reason: 'no_payout_account' });

describe('several replicas', () => {
  test('writers with random hold times and rollbacks: nothing is skipped, order per key holds', async () => {
    const replica = await kit.startReplica('payouts');
    const committed = new Map<string, number[]>();
    const writers = Array.from({ length: 12 }, async (_, writer) => {
      for (let round = 0; round < 40; round++) {
        const key = `user-${(writer + round) % 5}`;
        await kit.own
          .transaction(async (tx) => {
            // The key's row lock, as the outbox asks for: id order is commit order per key.
            await sql`select pg_advisory_xact_lock(hashtext(${key}))`.execute(tx);
            const version = (committed.get(key)?.length ?? 0) + 1;
            await kit.outbox.emit(tx, writerChanged, [{ key, body: message(key, version) }]);
            await sql`select pg_sleep(${Math.random() * 0.004})`.execute(tx);
            if (Math.random() < 0.2) throw new Error('rolled back');
            committed.set(key, [...(committed.get(key) ?? []), version]);
          })
          .catch((error: Error) => expect(error.message).toBe('rolled back'));
      }
    });
    await Promise.all(writers);
    await kit.settled();
    for (const [key, versions] of committed) {
      expect(kit.heard.filter((heard) => heard.userId === key).map((heard) => heard.version)).toEqual(versions);
    }
    await replica.stop();
  });

  test('when the relay that leads stops, another one takes over', async () => {
    const before = kit.heard.length;
    const replica = await kit.startReplica('payouts');
    await kit.stopFirst('payouts');
    await kit.own.transaction((tx) =>
      kit.outbox.emit(tx, writerChanged, [{ key: 'after', body: message('after', 1) }]),
    );
    await kit.settled();
    expect(kit.heard.slice(before).map((heard) => heard.userId)).toEqual(['after']);
    expect(replica.url).not.toBe(kit.ownUrl);
  });
});

describe('a series of messages completes exactly once', () => {
  const run = RunSchema.parse({ runId: '0197a000-0000-7000-8000-000000000002', kind: 'close', month: '2026-11' });
  const at = new Date('2026-12-01T09:00:00Z');

  test('B5: parts and closing message at the same time, in any order: one transaction sees it complete', async () => {
    const parts = Array.from(
      { length: 30 },
      (_, index) => () => kit.own.transaction((tx) => countParts(tx, { run, series: 'parts', counts: [1, index], at })),
    );
    const closing = () =>
      kit.own.transaction((tx) => expectParts(tx, { run, series: 'parts', expected: [30, 435], at }));
    const shuffled = [...parts, closing].toSorted(() => Math.random() - 0.5);
    const outcomes = await Promise.all(shuffled.map((take) => take()));
    expect(outcomes.filter((outcome) => outcome.justCompleted)).toHaveLength(1);
    expect(new Set(outcomes.map((outcome) => outcome.version)).size).toBe(31);
  });

  test('B2: a closing message that comes again, under another id, completes nothing a second time', async () => {
    const closing = () =>
      kit.own.transaction((tx) => expectParts(tx, { run, series: 'closed twice', expected: [1, 5], at }));
    await kit.own.transaction((tx) => countParts(tx, { run, series: 'closed twice', counts: [1, 5], at }));
    expect(await closing()).toMatchObject({ justCompleted: true, isComplete: true });
    expect(await closing()).toMatchObject({ justCompleted: false, isComplete: true });
  });

  test('B5: sums that differ never complete', async () => {
    const take = (counts: number[]) =>
      kit.own.transaction((tx) => countParts(tx, { run, series: 'differing', counts, at }));
    await take([1, 5]);
    await kit.own.transaction((tx) => expectParts(tx, { run, series: 'differing', expected: [2, 10], at }));
    expect(await take([1, 4])).toMatchObject({ isComplete: false, done: [2, 9], expected: [2, 10] });
  });
});
