import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type MovedTime, movedTime } from '@wewrite/local-stack';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { createLog, kitEnvironment, runnable } from '@wewrite/service-kit';
import { billing } from '../src/app.ts';
import type { BillingContext } from '../src/context.ts';
import type { BillingSchema } from '../src/db.ts';
import { finishEvents, storeEvents, workOnEvents } from '../src/stripe/event-queue.ts';

let harness: Harness;
beforeAll(async () => {
  // Billing's schema, and nobody who works on its events but these tests.
  const idle = { ...billing, environment: kitEnvironment(0), create: () => ({ routes: () => undefined }) };
  harness = await startHarness({ services: [runnable(idle)], now: '2026-11-01T00:00:00.000Z' });
});
afterAll(() => harness.stop());

type Replica = Pick<BillingContext, 'database' | 'time' | 'log' | 'wake'>;

const replicaIn = (time: Replica['time']): Replica => ({
  database: harness.database<BillingSchema>('billing'),
  time,
  log: createLog({ service: 'billing', level: 'silent' }),
  wake: () => undefined,
});

async function receive(replica: Replica, id: string): Promise<void> {
  const event = { id, type: 'invoice.paid', objectId: 'in_1', accountId: null, createdAt: replica.time.now() };
  await replica.database.transaction((tx) =>
    storeEvents(tx, replica, [{ ...event, endpoint: 'platform', payload: Buffer.from('{}') }]),
  );
}

/** A replica that has taken the events and is at work on them until it is told to end. */
async function atWork(replica: Replica): Promise<() => Promise<unknown>> {
  const begun = Promise.withResolvers<void>();
  const finished = Promise.withResolvers<void>();
  const working = workOnEvents(replica, 10, () => {
    begun.resolve();
    return finished.promise;
  });
  await begun.promise;
  return () => {
    finished.resolve();
    return working;
  };
}

/** How long another replica looks for the events in vain, once a second; a minute at most. */
async function waitFor(replica: Replica, time: MovedTime): Promise<number> {
  const finish = (events: readonly { id: string }[]) =>
    replica.database.transaction((tx) =>
      finishEvents(
        tx,
        events.map(({ id }) => id),
      ),
    );
  for (let waitedMs = 0; waitedMs < 60_000; waitedMs += 1_000) {
    if (await workOnEvents(replica, 10, finish)) return waitedMs;
    await time.pass(1_000);
  }
  return 60_000;
}

describe('E2: Stripe’s events that a replica has taken', () => {
  test('are another’s within ten seconds when it dies at them', async () => {
    const time = movedTime();
    const dead = replicaIn({ ...time, sleep: () => new Promise(() => undefined) });
    await receive(dead, 'evt_deadly');
    await atWork(dead);
    expect(await waitFor(replicaIn(time), time)).toBeLessThan(10_000);
  });

  test('stay with it while it lives, however long Stripe takes', async () => {
    const time = movedTime();
    const slow = replicaIn(time);
    await receive(slow, 'evt_slow');
    const end = await atWork(slow);
    expect(await waitFor(replicaIn(time), time)).toBe(60_000);
    expect(await end()).toBe(true);
  });
});
