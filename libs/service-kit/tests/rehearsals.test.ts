import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { cents, escrowFunded, month, monthProgress, type Run } from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { sql } from 'kysely';
import { hears, type KitConfig, kitEnvironment, runnable, type ServiceDefinition } from '../src/index.ts';

const heard: string[] = [];
const definition: ServiceDefinition<KitConfig, unknown> = {
  name: 'payouts',
  version: '1.0.0',
  environment: kitEnvironment(0),
  migrations: [],
  create: () => ({
    hearings: [
      hears(escrowFunded, async (_, messages) => void heard.push(...messages.map(({ id }) => `real ${id}`))),
      hears(monthProgress, async (_, messages) => void heard.push(...messages.map(({ id }) => `real ${id}`)), {
        rehearse: async (_, messages) => void heard.push(...messages.map(({ id }) => `rehearsed ${id}`)),
      }),
    ],
    routes: () => undefined,
  }),
};

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ services: [runnable(definition)], now: '2026-12-01T00:00:00.000Z' });
});
afterAll(() => harness.stop());

const runOf = (kind: Run['kind']): Run => ({
  runId: '0197a000-0000-7000-8000-000000000001',
  kind,
  month: month('2026-11'),
});

describe('messages of rehearsals', () => {
  test('are taken in once, and nothing comes of them where they were not asked for', async () => {
    for (const kind of ['rehearsal', 'close'] as const) {
      const run = runOf(kind);
      const amounts = { obligationsCents: cents(1), movedCents: cents(1), stripeId: null };
      const body = { run, month: run.month, currency: 'usd', ...amounts } as const;
      await harness.say(escrowFunded, { key: run.month, id: `escrow of a ${kind}`, body });
    }
    await harness.settled();
    expect(heard.splice(0)).toEqual(['real escrow of a close']);
    const { rows } = await sql`select from inbox where topic = ${escrowFunded.name}`.execute(
      harness.database('payouts').kysely,
    );
    expect(rows).toHaveLength(2);
  });

  test('reach the handler that was declared for them, and no other', async () => {
    const step = {
      step: 'lock',
      expected: 1,
      done: 1,
      sums: {},
      state: 'done',
      version: 1,
      booksVersion: null,
    } as const;
    for (const kind of ['close', 'rehearsal', 'close'] as const) {
      const body = { ...step, run: runOf(kind), at: '2026-12-01T00:00:00.000Z' };
      await harness.say(monthProgress, { key: body.run.runId, id: `progress of a ${kind}`, body });
    }
    await harness.settled();
    expect(heard.splice(0).sort()).toEqual(['real progress of a close', 'rehearsed progress of a rehearsal']);
  });
});
