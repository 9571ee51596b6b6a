import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  cents,
  earningsCalculated,
  MonthProgressSchema,
  monthProgress,
  monthReconciled,
  ProblemSchema,
  RehearsalReportSchema,
  type Run,
  RunSchema,
  rehearsedSteps,
  UserIdSchema,
} from '@wewrite/contracts';
import { type Harness, startHarness, until } from '@wewrite/local-stack/harness';
import { runnable } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { monitoring } from '../src/app.ts';

let harness: Harness;
beforeAll(async () => {
  harness = await startHarness({ services: [runnable(monitoring)], now: '2026-11-28T09:00:00.000Z' });
});
afterAll(() => harness.stop());

const runOf = (kind: Run['kind'], number: number, month = '2026-11') =>
  RunSchema.parse({ runId: `0197a000-0000-7000-8000-00000000000${number}`, kind, month });

const sums = {
  lock: { paidCents: 1000, fundedCents: 900, unallocatedCents: 100, unfundedCents: 50 },
  lines: {
    paidCents: 1000,
    fundedCents: 900,
    unallocatedCents: 100,
    unfundedCents: 50,
    overspentSupporters: 2,
    lapsedSupporters: 4,
  },
  lock_books: { paidCents: 1000, fundedCents: 900, unallocatedCents: 100, knownPaidCents: 1000 },
  earnings: { grossCents: 900, feeCents: 63, netCents: 837 },
  earnings_books: { grossCents: 900, feeCents: 63, netCents: 837 },
  credits: { grossCents: 900, feeCents: 63, netCents: 837 },
  escrow: { obligationsCents: 5000, paymentsCents: 4000, pendingCents: 700, shortfallCents: 1000 },
  payout_requests: { payouts: 0, 'below_minimum:writers': 3, 'below_minimum:cents': 837 },
} as const;

type Sums = Partial<Record<keyof typeof sums, Readonly<Record<string, number>>>>;

/** Says the steps of a rehearsal as done, with these sums in place of the usual ones. */
async function rehearse(run: Run, steps = rehearsedSteps.slice(), changed: Sums = {}): Promise<void> {
  for (const step of steps) {
    const said = Object.entries({ ...sums[step], ...changed[step] });
    const body = {
      run,
      step,
      expected: 3,
      done: 3,
      sums: Object.fromEntries(said.map(([name, value]) => [name, cents(value)])),
      state: 'done',
      version: 1,
      booksVersion: null,
      at: '2026-11-28T09:00:00.000Z',
    } as const;
    await harness.say(monthProgress, { key: run.runId, id: crypto.randomUUID(), body });
  }
  await harness.settled();
}

async function earn(run: Run, netByWriter: Readonly<Record<string, number>>): Promise<void> {
  for (const [writer, net] of Object.entries(netByWriter)) {
    const amounts = { grossCents: cents(net), feeCents: cents(0), netCents: cents(net), lineCount: 1 };
    const recipientUserId = UserIdSchema.parse(writer);
    const body = { part: 'writer', run, recipientUserId, currency: 'usd', ...amounts } as const;
    await harness.say(earningsCalculated, { key: writer, id: crypto.randomUUID(), body });
  }
  await harness.settled();
}

async function ask(path: string): Promise<unknown> {
  const authorization = `Bearer ${await harness.token({ sub: 'root', roles: ['admin'] })}`;
  return (await fetch(`${harness.url('monitoring')}/v1/months/2026-11/${path}`, { headers: { authorization } })).json();
}

const report = async () => RehearsalReportSchema.parse(await ask('rehearsal'));
const codeOf = async (path: string) => ProblemSchema.parse(await ask(path)).code;

describe('the report of a rehearsal', () => {
  test('B5: is there when every step is done, and no close is seen in it', async () => {
    expect(await codeOf('rehearsal')).toBe('not_found');
    await rehearse(runOf('rehearsal', 1), rehearsedSteps.slice(0, -1));
    expect(await codeOf('rehearsal')).toBe('busy');
    expect(await codeOf('progress')).toBe('not_found');
    await rehearse(runOf('rehearsal', 1), ['payout_requests']);
    expect(MonthProgressSchema.parse(await ask('progress?kind=rehearsal'))).toMatchObject({
      kind: 'rehearsal',
      state: 'reconciled',
      unexplainedCents: 0,
    });
    expect(await codeOf('progress')).toBe('not_found');
    expect(await report()).toMatchObject({
      unexplainedCents: 0,
      totals: { supporters: 3, lines: 3, writers: 3, payouts: 0, paidCents: 1000, netCents: 837 },
      payouts: { skipped: [{ reason: 'below_minimum', writers: 3, payableCents: 837 }] },
      balances: { suffice: false, obligationsCents: 5000, pendingCents: 700, shortfallCents: 1000 },
      comparison: null,
    });
  });

  test('B4: whatever it finds, nobody is told that its month is reconciled', async () => {
    const topic = harness.topicName(monthReconciled);
    const told: string[] = [];
    const consumer = await harness.broker.subscribe({
      groupId: 'test.month.reconciled',
      topics: [topic],
      maxRecords: 100,
      onCrash: () => undefined,
      onBatch: async (records) => {
        told.push(...records.map(({ key }) => key));
        return { doneCount: records.length, retryAfterMs: 0 };
      },
    });
    const isRead = async () => ((await harness.broker.lag('test.month.reconciled', [topic])) === 0 ? true : null);
    await until('all that was said is read', isRead, { deadlineMs: 10_000 });
    await consumer.stop();
    expect(told).toEqual([]);
  });

  test('finds nobody new while there is no month before', async () => {
    await earn(runOf('rehearsal', 1), { first: 10_000 });
    expect((await report()).unusual).toMatchObject({ risenWriters: [], newWriters: [] });
  });

  test('names what is unusual: more than three times last month’s earnings, much after nothing, supporters who are gone', async () => {
    await earn(runOf('close', 2, '2026-10'), { steady: 100, risen: 100, falling: 900, back: 0 });
    await earn(runOf('rehearsal', 1), { steady: 300, risen: 301, falling: 1, small: 9_999, back: 10_001 });
    expect((await report()).unusual).toEqual({
      risenWriters: [{ userId: 'risen', netCents: 301, lastMonthCents: 100 }],
      newWriters: [
        { userId: 'back', netCents: 10_001 },
        { userId: 'first', netCents: 10_000 },
      ],
      overspentSupporters: 2,
      lapsedSupporters: 4,
      unallocatedBasisPoints: 1000,
    });
  });

  test('B3: shows where services have counted different cents', async () => {
    const later = runOf('rehearsal', 3);
    await rehearse(later, rehearsedSteps.slice(), { lock_books: { ...sums.lock_books, knownPaidCents: 1001 } });
    expect(await report()).toMatchObject({
      runId: later.runId,
      unexplainedCents: 1,
      differences: [{ name: 'lock paidCents = lock_books knownPaidCents', leftCents: 1000, rightCents: 1001 }],
    });
    expect(await ask('progress?kind=rehearsal')).toMatchObject({ state: 'unexplained', reconciled: false });
  });

  test.each([
    [
      'is not compared while a budget is on its way',
      7,
      { unexplainedCents: 0, budgetChangesUnderWay: 2, differences: [] },
    ],
    [
      'is compared once all of them have come',
      9,
      { unexplainedCents: 1, budgetChangesUnderWay: 0, differences: [{ leftCents: 1000, rightCents: 1001 }] },
    ],
  ])('B5: what was paid %s', async (_, budgetChanges, expected) => {
    const run = runOf('rehearsal', budgetChanges === 7 ? 4 : 5);
    await rehearse(run, rehearsedSteps.slice(), {
      lock: { budgetChanges },
      lock_books: { knownPaidCents: 1001, knownBudgetChanges: 9 },
    });
    expect(await report()).toMatchObject({ runId: run.runId, ...expected });
  });

  test('is of the latest one: what comes late of one that it has replaced is dropped', async () => {
    await earn(runOf('rehearsal', 1), { late: 1 });
    await rehearse(runOf('rehearsal', 1), ['lock']);
    expect(await report()).toMatchObject({ runId: runOf('rehearsal', 5).runId, unusual: { risenWriters: [] } });
    const { rows } = await sql`
      select run_id from writer_net where kind = 'rehearsal' union all select run_id from step_progress
      where run_id = ${runOf('rehearsal', 1).runId}`.execute(harness.database('monitoring').kysely);
    expect(rows).toEqual([]);
  });
});
