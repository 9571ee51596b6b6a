import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { earningsCalculated, paymentReversed, type Run, type Topic, UserIdSchema } from '@wewrite/contracts';
import { idOfCause, type Outbox } from '@wewrite/service-kit';
import { sql } from 'kysely';
import type { Context } from '../src/db.ts';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, expectedMonth, lockMonth, runOf, type Supporter } from './locked-month.ts';

const supporters: Supporter[] = Array.from({ length: 30 }, (_, index) => ({
  userId: `s${index}`,
  paidCents: 1_000,
  lines: Array.from({ length: 5 }, (_, line) => ({
    resourceType: 'page',
    resourceId: `p${line}`,
    recipientUserId: `w${(index + line) % 7}`,
    usdCents: 150 + index * line,
  })),
}));

/** Seven writers and 150 lines in several steps of each stage. */
const sizes = { linesPerStep: 40, writersPerStep: 3 };

/** What ends a transaction as a lost connection does: it is rolled back, and tried again. */
function lostConnection(): Error {
  return Object.assign(new Error('the connection is lost'), { code: '08006' });
}

/** The context with an outbox that asks `fails` before and after each message that it adds. */
function withOutbox(context: Context, fails: (topic: Topic) => boolean): Context {
  const emit: Outbox['emit'] = async (tx, topic, messages) => {
    if (fails(topic)) throw lostConnection();
    await context.outbox.emit(tx, topic, messages);
    if (fails(topic)) throw lostConnection();
  };
  return { ...context, outbox: { ...context.outbox, emit } };
}

/** A refund of the month, which waits until that is calculated. */
async function refund(service: EarningsService, { month }: Run): Promise<void> {
  const body = paymentReversed.schema.parse({
    ...{ reversalId: idOfCause('refund', month), kind: 'refund', settles: null, currency: 'usd', amountCents: 500 },
    ...{ at: '2026-12-01T07:00:00.000Z', userId: 's1', month, invoiceId: 'in_1', stripeId: 're_1' },
  });
  await service.harness.say(paymentReversed, { key: UserIdSchema.parse('s1'), body, id: body.reversalId });
  await service.harness.settled();
}

/** Of the refund each of the supporter's five writers has a part, which is said once, before the closing message. */
function expectTheRefund({ said }: EarningsService, { runId }: Run): void {
  const parts = said.reversed.flatMap((each) => (each.part === 'writer' && each.run.runId === runId ? [each] : []));
  expect(parts.filter(({ beforeClosing }) => beforeClosing)).toHaveLength(5);
  expect(parts).toHaveLength(5);
  const closing = said.earnings.find((each) => each.part === 'closing' && each.run.runId === runId);
  expect(closing).toMatchObject({ reversedParts: 5 });
}

async function expectTheWholeMonth(service: EarningsService, run: ReturnType<typeof runOf>): Promise<void> {
  const expected = expectedMonth(run, supporters);
  const { body } = await service.get(`/v1/months/${run.month}/writers`);
  expect(body).toEqual({ writers: expected.writers, nextCursor: null });
  expect(await service.lines(run.month)).toEqual(expected.lines);
  const said = service.said.earnings.filter((message) => message.run.runId === run.runId);
  const writers = said.filter((message) => message.part === 'writer');
  expect(writers.map((writer) => writer.recipientUserId).sort()).toEqual(expected.writers.map(({ userId }) => userId));
  const closings = said.filter((message) => message.part === 'closing');
  expect(closings).toEqual([expect.objectContaining({ writers: 7, lineCount: 150 })]);
}

describe('a crash at any message that is said', () => {
  let service: EarningsService;
  let emitsUntilCrash = Number.POSITIVE_INFINITY;
  let emits = 0;
  beforeAll(async () => {
    const fails = () => {
      emits++;
      return emits === emitsUntilCrash;
    };
    service = await startEarnings({ surround: (context) => withOutbox(context, fails), sizes });
  });
  afterAll(() => service.harness.stop());

  test('B2: goes on to the same month as without it, nothing lost and nothing said twice', async () => {
    let crashes = 0;
    for (let point = 1; crashes === point - 1; point++) {
      const run = runOf(`20${String(point).padStart(2, '0')}-01`);
      emits = 0;
      emitsUntilCrash = point;
      await refund(service, run);
      await calculateMonth(service, run, supporters, 15);
      if (emits >= emitsUntilCrash) crashes++;
      await expectTheWholeMonth(service, run);
      expectTheRefund(service, run);
    }
    expect(crashes).toBeGreaterThanOrEqual(20);
  }, 120_000);
});

describe('two replicas', () => {
  let service: EarningsService;
  let replicas = 0;
  let firstIsSick = true;
  beforeAll(async () => {
    service = await startEarnings({
      surround: (context) => {
        replicas++;
        const isFirst = replicas === 1;
        return withOutbox(context, (topic) => isFirst && firstIsSick && topic.name === earningsCalculated.name);
      },
      sizes,
    });
  });
  afterAll(() => service.harness.stop());

  test('B2: what one cannot finish after its calculation, the other says', async () => {
    const run = runOf('2026-11');
    const { chunks, closing } = lockMonth(run, supporters, 3);
    await service.say([...chunks, closing]);
    const state = async () => {
      const { rows } = await sql<{ state: string }>`select state from run`.execute(
        service.harness.database('earnings').kysely,
      );
      return rows[0]?.state;
    };
    const deadline = Date.now() + 10_000;
    while ((await state()) !== 'announcing' && Date.now() < deadline) await new Promise(setImmediate);
    expect(await state()).toBe('announcing');
    expect(service.said.earnings).toEqual([]);
    await service.harness.startReplica('earnings');
    await service.harness.settled();
    await expectTheWholeMonth(service, run);
  });

  test('B2: both at work on many chunks of many months make each month once', async () => {
    firstIsSick = false;
    const runs = Array.from({ length: 9 }, (_, index) => runOf(`2027-0${index + 1}`));
    for (const run of runs) {
      const { chunks, closing } = lockMonth(run, supporters, 1);
      await service.say([closing, ...chunks, ...chunks]);
    }
    await service.harness.settled();
    for (const run of runs) await expectTheWholeMonth(service, run);
  });
});
