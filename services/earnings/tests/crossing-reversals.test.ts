import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  HoldSchema,
  month,
  nextMonth,
  ProblemSchema,
  paymentReversed,
  type ReversalKind,
  type Run,
} from '@wewrite/contracts';
import { until } from '@wewrite/local-stack/harness';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, page, runOf, type Supporter } from './locked-month.ts';

const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 500), page('p2', 'walt', 300)] },
];

describe('a refund or dispute that crosses an operator’s reversal', () => {
  let service: EarningsService;
  let run: Run;
  let last = month('2025-11');
  beforeAll(async () => {
    service = await startEarnings();
  });
  beforeEach(async () => {
    last = nextMonth(last);
    run = runOf(last);
    await calculateMonth(service, run, supporters, 1);
  });
  afterAll(() => service.harness.stop());

  const reversalId = (name: string) => idOfCause('test', run.month, name);
  const say = async (kind: ReversalKind, amountCents: number, settles: string | null = null) => {
    const body = paymentReversed.schema.parse({
      ...{ reversalId: reversalId(kind), kind, settles: settles === null ? null : reversalId(settles) },
      ...{ currency: 'usd', at: '2026-12-05T10:00:00.000Z', userId: 'ann', month: run.month, amountCents },
      ...{ invoiceId: 'in_1', stripeId: 're_1' },
    });
    await service.harness.say(paymentReversed, { key: 'ann', body, id: idOfCause('said', body.reversalId) });
  };
  const reverse = async (kind: ReversalKind, amountCents: number, settles: string | null = null) => {
    await say(kind, amountCents, settles);
    await service.harness.settled();
  };
  const hold = async () => {
    const { body } = await service.post('/v1/holds', { line: `ann_page_p1_${run.month}`, reason: 'asked about' });
    return HoldSchema.parse(body).holdId;
  };
  const takeBack = async () => {
    const taken = await service.post(`/v1/holds/${await hold()}/reverse`, { reason: 'a mistake' });
    expect(taken.status).toBe(200);
    await service.harness.settled();
  };
  const closingOf = (kind: ReversalKind) =>
    service.said.reversed.find((said) => said.part === 'closing' && said.kind === kind && said.run.month === run.month);
  const differences = () =>
    service.said.books
      .filter((books) => books.month === run.month)
      .at(-1)
      ?.equations.map((equation) => equation.differenceCents);

  test('E5: finds less than it is of: what is left is spread, the rest is of what operators took', async () => {
    await takeBack();
    await reverse('refund', 1_000);
    // Of 1,000 paid the operator took 500: 300 to walt and 200 unallocated are left.
    expect(closingOf('refund')).toMatchObject({
      ...{ grossCents: 300, feeCents: 21, unallocatedCents: 200, suspenseCents: 500, writers: 1 },
    });
    expect(closingOf('operator')).toMatchObject({ grossCents: 500, suspenseCents: 0 });
    expect(differences()).toEqual([0, 0]);
    await reverse('refund_failed', 1_000, 'refund');
    expect(closingOf('refund_failed')).toMatchObject({ grossCents: 300, unallocatedCents: 200, suspenseCents: 500 });
    expect(differences()).toEqual([0, 0]);
  });

  test.each(['dispute_lost', 'dispute_won'] as const)(
    'E5: so does a dispute, and %s settles the same parts',
    async (end) => {
      await takeBack();
      await reverse('dispute_opened', 1_000);
      const parts = { grossCents: 300, unallocatedCents: 200, suspenseCents: 500 };
      expect(closingOf('dispute_opened')).toMatchObject(parts);
      await reverse(end, 1_000, 'dispute_opened');
      expect(closingOf(end)).toMatchObject(parts);
      expect(differences()).toEqual([0, 0]);
    },
  );

  test('E5: when nothing is left at all, it takes nothing of anybody', async () => {
    await takeBack();
    await reverse('dispute_opened', 500);
    await reverse('refund', 500);
    expect(closingOf('refund')).toMatchObject({ writers: 0, grossCents: 0, unallocatedCents: 0, suspenseCents: 500 });
    expect(differences()).toEqual([0, 0]);
  });

  test('E5: is refused where it exceeds what operators took, each cent of which is met once', async () => {
    await takeBack();
    await reverse('dispute_opened', 700);
    expect(closingOf('dispute_opened')).toMatchObject({ suspenseCents: 200 });
    await reverse('refund', 301);
    expect(closingOf('refund')).toBeUndefined();
    expect(differences()).toEqual([0, 301]);
  });

  test('E5, C6: a reversal of a hold is not decided while a refund of the month takes its place', async () => {
    const holdId = await hold();
    const database = service.harness.database('earnings');
    let answer: ReturnType<EarningsService['post']> | undefined;
    const waiting = async (count: number) => {
      const { rows } = await sql<{ count: number }>`
        select count(*) as count from pg_stat_activity
        where datname = current_database() and wait_event_type = 'Lock'`.execute(database.kysely);
      return rows[0]?.count === count ? true : null;
    };
    // The refund has its place, and does not commit yet: a row of its id that will not stay is in its way.
    await database
      .transaction(async (tx) => {
        await sql`
          insert into reversal (reversal_id, kind, user_id, month, amount_cents, invoice_id, stripe_id, at)
          values (${reversalId('refund')}, 'refund', 'ann', ${run.month}, 1, 'in_1', 're_1', ${new Date()})`.execute(
          tx,
        );
        await say('refund', 1_000);
        await until('the refund waits', () => waiting(1), { deadlineMs: 10_000, everyMs: 10 });
        answer = service.post(`/v1/holds/${holdId}/reverse`, { reason: 'a mistake' });
        await until('the reversal of the hold waits for it', () => waiting(2), { deadlineMs: 10_000, everyMs: 10 });
        throw new Error('rolled back');
      })
      .catch(() => undefined);
    const refused = await answer;
    expect([refused?.status, ProblemSchema.parse(refused?.body).code]).toEqual([409, 'busy']);
    await service.harness.settled();
    expect(closingOf('refund')).toMatchObject({ grossCents: 800, unallocatedCents: 200, suspenseCents: 0 });
  });
});
