import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  booksChecked,
  type CloseStep,
  closeSteps,
  type MessageOf,
  MonthProgressSchema,
  monthProgress,
  monthReconciled,
  RunSchema,
  type ServiceName,
} from '@wewrite/contracts';
import { type Harness, startHarness } from '@wewrite/local-stack/harness';
import { runnable } from '@wewrite/service-kit';
import { monitoring } from '../src/app.ts';

let harness: Harness;
const reconciled: MessageOf<typeof monthReconciled>[] = [];
beforeAll(async () => {
  harness = await startHarness({ services: [runnable(monitoring)], now: '2026-12-01T09:00:00.000Z' });
  await harness.broker.subscribe({
    groupId: 'test.month.reconciled',
    topics: [harness.topicName(monthReconciled)],
    maxRecords: 100,
    onCrash: () => undefined,
    onBatch: async (records) => {
      reconciled.push(...records.map(({ value }) => monthReconciled.schema.parse(JSON.parse(value.toString()))));
      return { doneCount: records.length, retryAfterMs: 0 };
    },
  });
});
afterAll(() => harness.stop());

const run = RunSchema.parse({ runId: '0197a000-0000-7000-8000-000000000001', kind: 'close', month: '2026-11' });
const at = '2026-12-01T09:00:00.000Z';
const sums = {
  allocations: { paidCents: 1000, fundedCents: 900, unallocatedCents: 100, unfundedCents: 0 },
  billing: {
    paidCents: 1000,
    fundedCents: 900,
    unallocatedCents: 100,
    feeCents: 63,
    netCents: 837,
    creatorObligationsCents: 0,
    creatorReceivablesCents: 0,
  },
  earnings: { fundedCents: 900, grossCents: 900, feeCents: 63, netCents: 837 },
  payouts: { netCents: 837, creatorObligationsCents: 0, creatorReceivablesCents: 0 },
} as const;

let said = 0;
async function progress(step: CloseStep, change: Partial<MessageOf<typeof monthProgress>> = {}): Promise<void> {
  said++;
  const body = {
    run,
    step,
    expected: 3,
    done: 3,
    sums: {},
    state: 'done',
    version: 1,
    booksVersion: 1,
    at,
    ...change,
  } as const;
  await harness.say(monthProgress, { key: run.runId, id: `progress-${said}`, body });
}

async function books(
  service: Exclude<ServiceName, 'monitoring'>,
  change: Partial<MessageOf<typeof booksChecked>> = {},
) {
  said++;
  const body = booksChecked.schema.parse({
    service,
    version: 1,
    month: run.month,
    runId: run.runId,
    stage: 'end',
    at,
    equations: [],
    sums: sums[service],
    ...change,
  });
  await harness.say(booksChecked, { key: service, id: `books-${said}`, body });
}

async function read(path = `/v1/months/${run.month}/progress`, roles = ['admin']) {
  const token = await harness.token({ sub: 'root', roles });
  return fetch(`${harness.url('monitoring')}${path}`, { headers: { authorization: `Bearer ${token}` } });
}

async function readProgress() {
  await harness.settled();
  return MonthProgressSchema.parse(await (await read()).json());
}

describe('F1: where a month stands', () => {
  test('a month whose close has not begun is not found, and only an admin may ask', async () => {
    expect((await read()).status).toBe(404);
    expect((await read(`/v1/months/${run.month}/progress`, ['supporter'])).status).toBe(403);
    expect((await read('/v1/months/november/progress')).status).toBe(400);
  });

  test('B5: a step that lacks one of what was expected keeps the month running, and says which', async () => {
    for (const step of Object.keys(closeSteps) as CloseStep[]) {
      await progress(step, step === 'earnings' ? { done: 2, state: 'running' } : {});
    }
    for (const service of ['allocations', 'billing', 'earnings', 'payouts'] as const) await books(service);
    const month = await readProgress();
    expect(month).toMatchObject({ state: 'running', reconciled: false, unexplainedCents: null });
    expect(month.waitingFor).toEqual(['earnings: 2 of 3 done']);
    expect(month.equations).toEqual([]);
  });

  test('a difference between two services is unexplained, in cents, by name', async () => {
    await books('payouts', {
      version: 2,
      sums: booksChecked.schema.shape.sums.parse({ ...sums.payouts, netCents: 830 }),
    });
    await harness.settled();
    await progress('earnings', { version: 2 });
    const month = await readProgress();
    expect(month).toMatchObject({ state: 'unexplained', reconciled: false, unexplainedCents: 7 });
    expect(month.differences.map((difference) => difference.name)).toEqual(['earnings netCents = payouts netCents']);
  });

  test('an older message never takes the place of a newer one', async () => {
    await books('payouts', { version: 1 });
    await progress('earnings', { version: 1, done: 0, state: 'running' });
    expect(await readProgress()).toMatchObject({ state: 'unexplained', unexplainedCents: 7 });
  });

  test('a step that names a later check of the books waits for it', async () => {
    await progress('credits', { version: 2, booksVersion: 3 });
    const waiting = await readProgress();
    expect(waiting.waitingFor).toEqual(['payouts: books not yet checked since credits']);
    await books('payouts', { version: 3 });
    expect(await readProgress()).toMatchObject({ state: 'reconciled', reconciled: true, unexplainedCents: 0 });
  });

  test('B8: that a month is reconciled is said once', async () => {
    await progress('payouts', { version: 7 });
    await harness.settled();
    expect(reconciled).toEqual([{ run, month: '2026-11', at }]);
  });

  test('a reconciled month keeps what it was reconciled by, also when balances go on', async () => {
    const { equations } = await readProgress();
    expect(equations).toContainEqual({
      name: 'earnings netCents = payouts netCents',
      leftCents: 837,
      rightCents: 837,
      differenceCents: 0,
    });
    await books('payouts', {
      version: 4,
      sums: booksChecked.schema.shape.sums.parse({ ...sums.payouts, creatorObligationsCents: 5_000 }),
    });
    expect(await readProgress()).toMatchObject({ reconciled: true, unexplainedCents: 0, equations, differences: [] });
  });
});
