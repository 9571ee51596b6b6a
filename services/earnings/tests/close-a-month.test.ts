import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { cents, type LockedClosing, type Run } from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, expectedMonth, lockMonth, page, runOf, type Supporter } from './locked-month.ts';

const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 333), page('p2', 'walt', 333)] },
  {
    userId: 'ben',
    paidCents: 500,
    lines: [page('p1', 'wanda', 700), page('p3', 'wanda', 301), page('p2', 'walt', 50)],
  },
  { userId: 'cyd', paidCents: 0, lines: [page('p4', 'wilma', 400)] },
  { userId: 'dan', paidCents: 250, lines: [] },
];

describe('a month on its way through earnings', () => {
  let service: EarningsService;
  let errors: { fields: object; sentence: string }[];
  let monthNumber = 0;
  let run: Run;
  beforeAll(async () => {
    service = await startEarnings({
      surround: (context) => ({
        ...context,
        log: { ...context.log, error: (fields, sentence) => void errors.push({ fields, sentence }) },
      }),
    });
  });
  beforeEach(() => {
    errors = [];
    monthNumber++;
    run = runOf(`2026-${String(monthNumber).padStart(2, '0')}`);
  });
  afterAll(() => service.harness.stop());

  const saidOf = () => service.said.earnings.filter((message) => message.run.runId === run.runId);
  const progressOf = (step: string) =>
    service.said.progress.filter((message) => message.run.runId === run.runId && message.step === step);
  const state = async () => {
    const { rows } = await sql<{ state: string }>`select state from run where run_id = ${run.runId}`.execute(
      service.harness.database('earnings').kysely,
    );
    return rows[0]?.state;
  };

  async function expectTheWholeMonth(): Promise<void> {
    const expected = expectedMonth(run, supporters);
    const { body } = await service.get(`/v1/months/${run.month}/writers`);
    expect(body).toEqual({ writers: expected.writers, nextCursor: null });
    expect(await service.lines(run.month)).toEqual(expected.lines);
    const writers = saidOf().filter((message) => message.part === 'writer');
    expect(writers.map((writer) => writer.recipientUserId).sort()).toEqual(['walt', 'wanda', 'wilma']);
    expect(saidOf().filter((message) => message.part === 'closing')).toEqual([
      {
        part: 'closing',
        run,
        currency: 'usd',
        writers: 3,
        lineCount: 6,
        grossCents: 1_166,
        feeCents: expected.writers.reduce((sum, writer) => sum + writer.platformFeeCents, 0),
        netCents: expected.writers.reduce((sum, writer) => sum + writer.netCents, 0),
        reversedParts: 0,
      },
    ]);
  }

  test('C1, C2: when all lines are in, every writer with a line has gross, fee and net, said once', async () => {
    await calculateMonth(service, run, supporters, 2);
    await expectTheWholeMonth();
    expect(saidOf()).toContainEqual({
      part: 'writer',
      run,
      recipientUserId: 'wilma',
      currency: 'usd',
      lineCount: 1,
      grossCents: 0,
      feeCents: 0,
      netCents: 0,
    });
  });

  test('B2: chunks in any order, each of them again under the same and another message id, change nothing', async () => {
    const { chunks, closing } = lockMonth(run, supporters, 1);
    const [first, second, third, fourth] = chunks;
    await service.say([third!, first!, third!]);
    await service.say([first!, third!, closing], 'again');
    await service.harness.settled();
    expect(await state()).toBe('collecting');
    await service.say([fourth!, second!, second!]);
    await service.harness.settled();
    await service.say([...chunks, closing], 'much later');
    await service.harness.settled();
    await expectTheWholeMonth();
    expect(saidOf()).toHaveLength(4);
    expect(errors).toEqual([]);
  });

  test('C2: the closing message may come first; nothing is calculated before the last chunk', async () => {
    const { chunks, closing } = lockMonth(run, supporters, 1);
    await service.say([closing, ...chunks.slice(1)]);
    await service.harness.settled();
    expect(await state()).toBe('collecting');
    expect(saidOf()).toEqual([]);
    expect((await service.get(`/v1/months/${run.month}/writers`)).status).toBe(404);
    await service.say(chunks.slice(0, 1));
    await service.harness.settled();
    await expectTheWholeMonth();
  });

  test('B3, B5: sums that differ from the closing message let the month wait, and the difference is told', async () => {
    const { chunks, closing } = lockMonth(run, supporters, 1);
    const totals = { ...closing.totals, fundedCents: cents(closing.totals.fundedCents + 1) };
    const wrong: LockedClosing = { ...closing, totals };
    await service.say([...chunks, wrong]);
    await service.harness.settled();
    expect(await state()).toBe('collecting');
    expect(saidOf()).toEqual([]);
    expect(errors).toEqual([
      {
        fields: expect.objectContaining({
          month: run.month,
          difference: expect.objectContaining({ chunks: 0, lines: 0, paidCents: 0, fundedCents: -1 }),
        }),
        sentence: expect.stringContaining('the month waits'),
      },
    ]);
    expect(progressOf('lines').at(-1)).toMatchObject({ state: 'running', done: 6, expected: 6 });
  });

  test('B3: a chunk whose rows are not what it says is put aside, and the month waits', async () => {
    const { chunks, closing } = lockMonth(run, supporters, 1);
    const [first, ...others] = chunks;
    const totals = { ...first!.totals, paidCents: cents(first!.totals.paidCents + 1) };
    await service.say([{ ...first!, totals }, ...others, closing]);
    await service.harness.settled();
    expect(await state()).toBe('collecting');
    const { rows } = await sql<{ reason: string }>`select reason from parked_message`.execute(
      service.harness.database('earnings').kysely,
    );
    expect(rows).toEqual([{ reason: expect.stringContaining('B3: the chunk says paidCents 1001, its rows 1000') }]);
    await service.say([first!], 'put right');
    await service.harness.settled();
    await expectTheWholeMonth();
  });

  test('B6: a second run of a month that has one is put aside, and changes nothing', async () => {
    await calculateMonth(service, run, supporters, 1);
    const other = { ...run, runId: idOfCause('test', 'another run') };
    const { closing: otherClosing } = lockMonth(other, [], 1);
    await service.say([otherClosing]);
    await service.harness.settled();
    const { rows } = await sql<{ reason: string }>`
      select reason from parked_message where reason like ${`%${other.runId}%`}`.execute(
      service.harness.database('earnings').kysely,
    );
    expect(rows).toEqual([{ reason: expect.stringContaining(`B6: ${run.month} is closed by another run`) }]);
    await expectTheWholeMonth();
  });

  test('a month without lines is calculated at once: no writers, all sums zero', async () => {
    await calculateMonth(service, run, [], 1);
    expect(await state()).toBe('calculated');
    const nothing = { writers: 0, lineCount: 0, grossCents: 0, feeCents: 0, netCents: 0, reversedParts: 0 };
    expect(saidOf()).toEqual([{ part: 'closing', run, currency: 'usd', ...nothing }]);
    expect(progressOf('earnings').at(-1)).toMatchObject({ state: 'done', expected: 0, done: 0 });
    expect((await service.get(`/v1/months/${run.month}/writers`)).body).toEqual({ writers: [], nextCursor: null });
  });

  test('B4: supporters without lines are kept with their unallocated budget', async () => {
    const idle = [{ userId: 'dan', paidCents: 250, lines: [] }];
    const { chunks, closing } = lockMonth(run, idle, 1);
    await service.say([closing, ...chunks]);
    await service.harness.settled();
    expect((await service.get(`/v1/months/${run.month}/supporters`)).body).toEqual({
      supporters: [{ userId: 'dan', budgetCents: 250, fundedCents: 0, unallocatedCents: 250, unfundedCents: 0 }],
      nextCursor: null,
    });
    expect(saidOf()).toHaveLength(1);
  });

  test('F1: progress rises to done with its books, whose equations hold and whose sums are the month’s', async () => {
    await calculateMonth(service, run, supporters, 1);
    for (const [step, done] of Object.entries({ lines: 6, earnings: 3 })) {
      const progress = progressOf(step);
      const versions = progress.map((message) => message.version);
      expect(versions).toEqual([...new Set(versions)].sort((a, b) => a - b));
      const last = progress.at(-1);
      expect(last).toMatchObject({ state: 'done', done, expected: done });
      const books = service.said.books.find((check) => check.version === last?.booksVersion);
      expect(books).toMatchObject({ stage: step, month: run.month, runId: run.runId });
      for (const equation of books?.equations ?? []) expect(equation.differenceCents).toBe(0);
    }
    const { writers } = expectedMonth(run, supporters);
    const feeCents = writers.reduce((sum, writer) => sum + writer.platformFeeCents, 0);
    expect(service.said.books.at(-1)?.sums).toEqual({
      fundedCents: 1_166,
      grossCents: 1_166,
      feeCents,
      netCents: 1_166 - feeCents,
    });
  });
});
