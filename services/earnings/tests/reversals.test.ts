import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  cents,
  EarningsMonthSchema,
  month,
  nextMonth,
  paymentReversed,
  type ReversalKind,
  ReversalsPageSchema,
  type Run,
  UserIdSchema,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import { sql } from 'kysely';
import { type EarningsService, startEarnings } from './earnings-service.ts';
import { calculateMonth, page, runOf, type Supporter } from './locked-month.ts';

const supporters: Supporter[] = [
  { userId: 'ann', paidCents: 1_000, lines: [page('p1', 'wanda', 500), page('p2', 'walt', 300)] },
  { userId: 'ben', paidCents: 500, lines: [page('p1', 'wanda', 500)] },
];

describe('reversals of a month', () => {
  let service: EarningsService;
  let run: Run;
  let last = month('2025-12');
  beforeAll(async () => {
    service = await startEarnings();
  });
  beforeEach(() => {
    last = nextMonth(last);
    run = runOf(last);
  });
  afterAll(() => service.harness.stop());

  const calculate = () => calculateMonth(service, run, supporters, 1);
  const reversalId = (name: string) => idOfCause('test', run.month, name);
  const queue = async (
    kind: ReversalKind,
    amountCents: number,
    { name = kind, settles = null, userId = 'ann' }: { name?: string; settles?: string | null; userId?: string } = {},
  ) => {
    const body = paymentReversed.schema.parse({
      reversalId: reversalId(name),
      kind,
      settles: settles === null ? null : reversalId(settles),
      currency: 'usd',
      at: '2026-12-05T10:00:00.000Z',
      userId,
      month: run.month,
      amountCents,
      invoiceId: 'in_1',
      stripeId: `re_${name}`,
    });
    await service.harness.say(paymentReversed, {
      key: UserIdSchema.parse(userId),
      body,
      id: idOfCause('said', body.reversalId),
    });
  };
  const reverse = async (...reversal: Parameters<typeof queue>) => {
    await queue(...reversal);
    await service.harness.settled();
  };
  const saidOf = (name: string) => service.said.reversed.filter((message) => message.reversalId === reversalId(name));
  /** The parts of writers that were said before the closing message of the month's earnings. */
  const earlyParts = () =>
    service.said.reversed
      .flatMap((said) => (said.part === 'writer' && said.beforeClosing && said.run.runId === run.runId ? [said] : []))
      .map(({ kind, recipientUserId }) => `${kind} ${recipientUserId}`)
      .sort();
  const closingOf = ({ runId }: Run) =>
    service.said.earnings.find((said) => said.part === 'closing' && said.run.runId === runId);
  const lastBooks = () => service.said.books.filter((books) => books.month === run.month).at(-1)!;
  const monthOf = async (sub: string) =>
    EarningsMonthSchema.parse((await service.get(`/v1/earnings/${run.month}`, { sub, roles: ['writer'] })).body);

  test('E5: a refund is spread over lines and the unallocated part, each writer is told, then the sums', async () => {
    await calculate();
    await reverse('refund', 500);
    const common = { run, reversalId: reversalId('refund'), kind: 'refund', settles: null, currency: 'usd' };
    expect(saidOf('refund')).toHaveLength(3);
    expect(saidOf('refund')).toEqual(
      expect.arrayContaining([
        {
          part: 'writer',
          ...common,
          at: '2026-12-05T10:00:00.000Z',
          recipientUserId: 'wanda',
          grossCents: 250,
          feeCents: 18,
          netCents: 232,
          lineCount: 1,
          beforeClosing: false,
        },
        expect.objectContaining({ part: 'writer', recipientUserId: 'walt', grossCents: 150, feeCents: 11 }),
        expect.objectContaining({
          part: 'closing',
          userId: 'ann',
          writers: 2,
          grossCents: 400,
          feeCents: 29,
          netCents: 371,
          lineCount: 2,
          unallocatedCents: 100,
          stripeId: 're_refund',
        }),
      ]),
    );
    expect(lastBooks().stage).toBe('reversals');
    expect(lastBooks().equations.map((equation) => equation.differenceCents)).toEqual([0, 0]);
  });

  test('E5: what is refunded in three parts is refunded whole, and what is said twice counts once', async () => {
    await calculate();
    await reverse('refund', 333, { name: 'one' });
    await reverse('refund', 333, { name: 'two' });
    await reverse('refund', 333, { name: 'two' });
    await reverse('refund', 334, { name: 'three' });
    const closings = ['one', 'two', 'three'].flatMap(saidOf).filter((message) => message.part === 'closing');
    expect(closings).toHaveLength(3);
    expect(closings.reduce((sum, closing) => sum + closing.grossCents, 0)).toBe(800);
    expect(closings.reduce((sum, closing) => sum + closing.unallocatedCents, 0)).toBe(200);
    expect((await monthOf('walt')).reversed).toEqual({ grossCents: 300, platformFeeCents: 21, netCents: 279 });
  });

  test('E5: a refund that comes before its month is calculated waits for it', async () => {
    await reverse('refund', 500);
    await reverse('refund_failed', 500, { settles: 'refund' });
    expect(saidOf('refund')).toEqual([]);
    await calculate();
    expect(saidOf('refund')).toHaveLength(3);
    expect(saidOf('refund_failed')).toHaveLength(3);
    expect((await monthOf('wanda')).reversed.grossCents).toBe(0);
  });

  test('E5: the closing message of a month counts the parts of writers that were said before it, and no others', async () => {
    await reverse('refund', 100);
    await reverse('refund', 2_000, { name: 'does not fit' });
    await reverse('dispute_opened', 500, { userId: 'ben' });
    await calculate();
    await reverse('refund', 100, { name: 'later' });
    expect(saidOf('does not fit')).toEqual([]);
    expect(earlyParts()).toEqual(['refund walt', 'refund wanda', 'dispute_opened wanda'].sort());
    expect(closingOf(run)).toMatchObject({ writers: 2, grossCents: 1_300, reversedParts: 3 });
    expect(saidOf('later')).toHaveLength(3);
    expect(lastBooks().equations.map((equation) => equation.differenceCents)).toEqual([0, cents(2_000)]);
  });

  test('E5: what does not fit to a month shows from its close on', async () => {
    await reverse('refund', 2_000);
    await calculate();
    expect(closingOf(run)).toMatchObject({ reversedParts: 0 });
    expect(lastBooks()).toMatchObject({ stage: 'reversals', runId: null });
    expect(lastBooks().equations.map((equation) => equation.differenceCents)).toEqual([0, cents(2_000)]);
  });

  test('E5: more than a step spreads are all said before the closing message', async () => {
    for (let index = 0; index < 101; index++) await queue('refund', 1, { name: `cent ${index}`, userId: 'ben' });
    await service.harness.settled();
    await calculate();
    expect(earlyParts()).toHaveLength(101);
    expect(closingOf(run)).toMatchObject({ reversedParts: 101 });
  });

  test('E5, B4: a rehearsal of the month takes nothing back, and leaves what waits for the close', async () => {
    await reverse('refund', 500);
    const rehearsal: Run = { ...run, runId: idOfCause('test', 'rehearsal', run.month), kind: 'rehearsal' };
    await calculateMonth(service, rehearsal, supporters, 1);
    expect(closingOf(rehearsal)).toMatchObject({ grossCents: 1_300, reversedParts: 0 });
    expect(saidOf('refund')).toEqual([]);
    await calculate();
    expect(earlyParts()).toEqual(['refund walt', 'refund wanda']);
  });

  test('E5: a refund that failed gives back what it took, cent by cent', async () => {
    await calculate();
    await reverse('refund', 777);
    await reverse('refund_failed', 777, { settles: 'refund' });
    const amounts = (name: string) =>
      saidOf(name).map((said) => [said.part, said.grossCents, said.feeCents, said.netCents, said.lineCount].join());
    expect(amounts('refund_failed').sort()).toEqual(amounts('refund').sort());
    await reverse('refund', 1_000, { name: 'again' });
    expect(saidOf('again')).toContainEqual(
      expect.objectContaining({ part: 'closing', grossCents: 800, unallocatedCents: 200 }),
    );
  });

  test('E5: what is in dispute is not refunded a second time; lost it is taken, won it is free again', async () => {
    await calculate();
    await reverse('dispute_opened', 600);
    expect(await monthOf('wanda')).toMatchObject({
      reversed: { grossCents: 0 },
      disputed: { grossCents: 300, platformFeeCents: 21, netCents: 279 },
    });
    await reverse('refund', 400);
    await reverse('dispute_lost', 600, { settles: 'dispute_opened' });
    expect(await monthOf('wanda')).toMatchObject({ reversed: { grossCents: 500 }, disputed: { grossCents: 0 } });
    await reverse('dispute_opened', 100, { name: 'of ben', userId: 'ben' });
    await reverse('dispute_won', 100, { settles: 'of ben', userId: 'ben' });
    const { reversed, disputed, lines } = await monthOf('wanda');
    expect([reversed.grossCents, disputed.grossCents]).toEqual([500, 0]);
    expect(lines.map((line) => [line.fundedCents, line.reversed.grossCents]).sort()).toEqual([
      [500, 0],
      [500, 500],
    ]);
    expect(lastBooks().equations.map((equation) => equation.differenceCents)).toEqual([0, 0]);
  });

  test('E5: what was settled is not settled a second time: the message is parked, and nothing is given back twice', async () => {
    await calculate();
    await reverse('refund', 500);
    await reverse('refund_failed', 500, { settles: 'refund' });
    await reverse('refund_failed', 500, { name: 'once more', settles: 'refund' });
    expect(saidOf('once more')).toEqual([]);
    expect((await monthOf('wanda')).reversed.grossCents).toBe(0);
    const { rows } = await sql<{ reason: string }>`
      select reason from parked_message where reason like '%reversal_settles%'`.execute(
      service.harness.database('earnings').kysely,
    );
    expect(rows).toHaveLength(1);
  });

  test('E5: what does not fit to what is left is not applied, and shows as a difference of the books', async () => {
    await calculate();
    await reverse('refund', 1_001);
    await reverse('refund', 10, { name: 'small' });
    expect(saidOf('refund')).toEqual([]);
    expect(saidOf('small')).toHaveLength(3);
    expect(lastBooks().equations.map((equation) => equation.differenceCents)).toEqual([0, cents(1_001)]);
  });

  test('E5: an operator sees what does not fit, and has it tried again once its cause is mended', async () => {
    await calculate();
    await reverse('refund', 600, { name: 'first' });
    await reverse('refund', 500, { name: 'second' });
    await reverse('refund_failed', 600, { settles: 'first' });
    const listed = async (query: string) =>
      ReversalsPageSchema.parse((await service.get(`/v1/months/${run.month}/reversals?${query}`)).body);
    expect((await listed('state=refused')).reversals).toEqual([
      expect.objectContaining({
        reversalId: reversalId('second'),
        amountCents: 500,
        refusedBecause: '400 ¢ are left of what was paid',
      }),
    ]);
    const { reversals, nextCursor } = await listed('limit=2');
    const rest = await listed(`limit=2&cursor=${nextCursor}`);
    expect([...reversals, ...rest.reversals].map(({ state }) => state)).toEqual(['applied', 'refused', 'applied']);
    const retried = await service.post(`/v1/reversals/${reversalId('second')}/retry`, {});
    expect(retried).toMatchObject({ status: 200, body: { state: 'waiting', refusedBecause: null } });
    await service.harness.settled();
    expect(saidOf('second')).toHaveLength(3);
    expect(lastBooks().equations.map((equation) => equation.differenceCents)).toEqual([0, 0]);
    for (const id of [reversalId('second'), idOfCause('test', 'no reversal')]) {
      expect((await service.post(`/v1/reversals/${id}/retry`, {})).status).toBe(
        id === reversalId('second') ? 409 : 404,
      );
    }
  });

  test('C4, E5: a writer’s history shows what was reversed', async () => {
    await calculate();
    await reverse('refund', 500);
    const { body } = await service.get('/v1/earnings', { sub: 'walt', roles: ['writer'] });
    expect(body).toMatchObject({
      months: expect.arrayContaining([
        expect.objectContaining({
          month: run.month,
          netCents: 279,
          reversed: { grossCents: 150, platformFeeCents: 11, netCents: 139 },
          disputed: { grossCents: 0, platformFeeCents: 0, netCents: 0 },
        }),
      ]),
    });
  });
});
