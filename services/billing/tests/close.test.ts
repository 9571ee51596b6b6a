import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  cents,
  closingKey,
  earningsCalculated,
  type LockedChunk,
  type LockedClosing,
  monthLocked,
  type PayoutOutcomeSchema,
  payoutSettled,
  UserIdSchema,
  type WriterMonth,
} from '@wewrite/contracts';
import { idOfCause } from '@wewrite/service-kit';
import type { z } from 'zod';
import { chunkOf, closing, earned, run, type SupporterMonth, supporters } from './locked-month.ts';
import { november, type RunningBilling, startBilling } from './running-billing.ts';

type PayoutOutcome = z.infer<typeof PayoutOutcomeSchema>;

describe.each(['storage', 'connect'] as const)('a month’s close with %s', (escrow) => {
  let billing: RunningBilling;
  const sayLocked = (body: LockedChunk | LockedClosing) => {
    const key = body.part === 'chunk' ? `${run.runId}:${body.chunk}` : closingKey(run.runId);
    return billing.harness.say(monthLocked, { key, body, id: idOfCause('month.locked', key) });
  };
  const sayEarned = async () => {
    for (const body of earned) {
      const key = body.part === 'writer' ? body.recipientUserId : closingKey(run.runId);
      await billing.harness.say(earningsCalculated, { key, body, id: idOfCause('earnings.calculated', key) });
    }
    await billing.settled();
  };
  const settled = (userId: string, outcome: PayoutOutcome, grossCents: number, processingFeeCents: number) => {
    const payoutId = idOfCause('payout', '2026-11', userId);
    return billing.harness.say(payoutSettled, {
      key: userId,
      id: idOfCause('payout.settled', payoutId, outcome),
      body: {
        run,
        payoutId,
        month: november,
        recipientUserId: UserIdSchema.parse(userId),
        outcome,
        transferId: outcome === 'failed' ? null : `tr_${userId}`,
        reason: null,
        at: '2026-12-01T09:05:00.000Z',
        currency: 'usd',
        grossCents: cents(grossCents),
        processingFeeCents: cents(processingFeeCents),
        netCents: cents(grossCents - processingFeeCents),
      },
    });
  };
  const progressOf = (step: string) =>
    billing.said.progress.filter((each) => each.step === step).sort((a, b) => b.version - a.version)[0];
  const differences = () =>
    billing.said.books.flatMap(({ stage, equations }) =>
      equations.filter((equation) => equation.differenceCents !== 0).map((equation) => ({ stage, ...equation })),
    );

  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z', escrow);
    // Their money is still pending on the 1st: the cards are charged two days before it is available.
    await billing.subscribe('anna', 1_000);
    await billing.subscribe('ben', 800);
    await billing.subscribe('cleo', 200);
    await billing.at('2026-12-01T00:30:00.000Z');
  });
  afterAll(() => billing?.stop());

  test('C2: writers’ earnings that come before the supporters’ funds wait for them', async () => {
    await sayEarned();
    expect(await billing.standing('creator_obligations')).toEqual({ creator_obligations: 0 });
  });

  test('B3: chunks in any order, and again, take each supporter’s funds once', async () => {
    await sayLocked(chunkOf(1, supporters.slice(1, 2)));
    await sayLocked(chunkOf(0, supporters.slice(0, 1)));
    await billing.settled();
    expect(progressOf('lock_books')).toMatchObject({ state: 'running', done: 2, expected: null });
    // C2: what is there would do for all that writers earn, and is not all.
    expect(await billing.standing('creator_obligations', 'allocated:2026-11')).toEqual({
      creator_obligations: 0,
      'allocated:2026-11': 1_500,
    });
    await sayLocked(closing);
    await sayLocked(chunkOf(0, supporters.slice(0, 1)));
    await sayLocked(chunkOf(2, supporters.slice(2)));
    await sayLocked(closing);
    await billing.settled();
    expect(
      await billing.standing(
        'supporter_funds:anna:2026-11',
        'supporter_funds:ben:2026-11',
        'supporter_funds:cleo:2026-11',
        'platform_revenue:unallocated',
      ),
    ).toEqual({
      'supporter_funds:anna:2026-11': 0,
      'supporter_funds:ben:2026-11': 0,
      'supporter_funds:cleo:2026-11': 0,
      'platform_revenue:unallocated': 500,
    });
    expect(progressOf('lock_books')).toMatchObject({
      state: 'done',
      done: 3,
      expected: 3,
      booksVersion: expect.any(Number),
    });
  });

  test('C1: when all funds are posted, fees and earnings are, and nothing is left of what was allocated', async () => {
    expect(await billing.standing('creator_obligations', 'platform_revenue:fees', 'allocated:2026-11')).toEqual({
      creator_obligations: 1_395,
      'platform_revenue:fees': 105,
      'allocated:2026-11': 0,
    });
    expect(progressOf('earnings_books')).toMatchObject({
      state: 'done',
      done: 2,
      expected: 2,
      sums: { grossCents: 1_500, feeCents: 105, netCents: 1_395 },
    });
    const books = billing.said.books.find(({ stage }) => stage === 'earnings_books');
    expect(books?.sums).toMatchObject({
      creatorObligationsCents: 1_395,
      creatorReceivablesCents: 0,
      paidCents: 2_000,
      fundedCents: 1_500,
      unallocatedCents: 500,
      feeCents: 105,
      netCents: 1_395,
    });
  });

  test('escrow takes what is owed from available money in one move, and says so', async () => {
    expect(await billing.standing('stripe:storage', 'stripe:in_transit')).toEqual({
      'stripe:storage': 1_395,
      'stripe:in_transit': 0,
    });
    const stripeId = escrow === 'storage' ? expect.stringMatching(/^po_/) : null;
    expect(billing.said.escrow).toEqual([
      expect.objectContaining({ month: '2026-11', obligationsCents: 1_395, movedCents: 1_395, stripeId }),
    ]);
    expect(progressOf('escrow')).toMatchObject({ state: 'done', done: 1, expected: 1 });
  });

  test('D1: a payout that is paid leaves storage; its fee is revenue; one that failed is still owed', async () => {
    await settled('wanda', 'paid', 837, 54);
    await settled('will', 'failed', 558, 46);
    await settled('wanda', 'paid', 837, 54);
    await billing.settled();
    expect(await billing.standing('creator_obligations', 'stripe:storage', 'platform_revenue:processing')).toEqual({
      creator_obligations: 558,
      'stripe:storage': 1_395 - 783,
      'platform_revenue:processing': 54,
    });
    expect(progressOf('payout_books')).toMatchObject({ done: 2, expected: null });
  });

  test('D4: a payout that comes back is owed again and in storage, its fee is no revenue; it stays counted', async () => {
    await settled('wanda', 'returned', 837, 54);
    await settled('wanda', 'returned', 837, 54);
    await billing.settled();
    expect(await billing.standing('creator_obligations', 'stripe:storage', 'platform_revenue:processing')).toEqual({
      creator_obligations: 1_395,
      'stripe:storage': 1_395,
      'platform_revenue:processing': 0,
    });
    expect(progressOf('payout_books')).toMatchObject({ done: 2, sums: { netCents: 0, processingFeeCents: 0 } });
  });

  test('B5: each check says which messages have moved what writers are owed, so that payouts’ books are compared with it', () => {
    const [atEarnings] = billing.said.books.filter(({ stage }) => stage === 'earnings_books');
    expect(atEarnings?.takenIn).toEqual({ 'earnings.calculated': 2, 'payout.settled': 0, 'balance.adjusted': 0 });
    expect(billing.said.books.at(-1)).toMatchObject({
      takenIn: { 'earnings.calculated': 2, 'payout.settled': 3, 'balance.adjusted': 0 },
      sums: { creatorObligationsCents: 1_395 },
    });
  });

  test('B5: the books were right after each stage, and their versions rise', () => {
    expect(new Set(billing.said.books.map(({ stage }) => stage))).toEqual(
      new Set(['lock_books', 'earnings_books', 'escrow', 'payout_books']),
    );
    expect(differences()).toEqual([]);
    const versions = billing.said.books.map(({ version }) => version);
    expect(versions).toEqual([...versions].sort((a, b) => a - b));
  });

  test('revenue is shown by month and source, next to Stripe’s fees', async () => {
    const { body } = await billing.call('admin', 'GET', '/v1/revenue');
    expect(body).toMatchObject({
      months: expect.arrayContaining([
        expect.objectContaining({
          month: '2026-11',
          platformFeesCents: 105,
          unallocatedCents: 500,
          processingFeesCents: 0,
        }),
      ]),
    });
    expect((await billing.call('anna', 'GET', '/v1/revenue')).status).toBe(403);
  });
});

describe.each(['storage', 'connect'] as const)('%s without enough available money', (escrow) => {
  let billing: RunningBilling;
  beforeAll(async () => {
    billing = await startBilling('2026-11-01T00:00:00.000Z', escrow);
    await billing.subscribe('anna', 1_000);
    await billing.subscribe('ben', 800);
    await billing.subscribe('cleo', 200);
    await billing.at('2026-12-01T00:30:00.000Z');
  });
  afterAll(() => billing?.stop());

  test('it waits, says what is missing, and goes on by itself when the balance is topped up', async () => {
    const allFunded: readonly SupporterMonth[] = [
      { userId: 'anna', fundedCents: 1_000, unallocatedCents: 0 },
      { userId: 'ben', fundedCents: 800, unallocatedCents: 0 },
      { userId: 'cleo', fundedCents: 200, unallocatedCents: 0 },
    ];
    const say = (body: LockedChunk | LockedClosing, key: string) =>
      billing.harness.say(monthLocked, { key, body, id: idOfCause('month.locked', key) });
    await say(chunkOf(0, allFunded), `${run.runId}:0`);
    const totals = { ...chunkOf(0, allFunded).totals };
    await say({ ...closing, chunks: 1, totals }, closingKey(run.runId));
    const month = { grossCents: cents(2_000), feeCents: cents(10), netCents: cents(1_990) };
    const writer: WriterMonth = {
      part: 'writer',
      run,
      recipientUserId: UserIdSchema.parse('wanda'),
      currency: 'usd',
      lineCount: 3,
      ...month,
    };
    await billing.harness.say(earningsCalculated, { key: 'wanda', id: 'writer-wanda', body: writer });
    await billing.harness.say(earningsCalculated, {
      key: closingKey(run.runId),
      id: 'closing',
      body: { part: 'closing', run, currency: 'usd', writers: 1, lineCount: 3, ...month, reversedParts: 0 },
    });
    await billing.settled();

    const { 'stripe:payments': payments } = await billing.standing('stripe:payments');
    const shortfallCents = 1_990 - payments;
    expect(shortfallCents).toBeGreaterThan(0);
    expect(billing.said.escrow).toEqual([]);
    const waiting = billing.said.progress.filter((each) => each.state === 'waiting_for_funds');
    expect(waiting).toEqual([
      expect.objectContaining({
        step: 'escrow',
        done: 0,
        expected: 1,
        sums: { obligationsCents: 1_990, shortfallCents },
      }),
    ]);

    await billing.control('POST', '/_sandbox/topups', { amount: shortfallCents - 1 });
    await billing.settled();
    expect(billing.said.escrow).toEqual([]);
    expect((await billing.call('admin', 'GET', '/v1/escrow')).body).toMatchObject({
      moves: [{ state: 'waiting_for_funds', shortfallCents: 1 }],
    });
    await billing.control('POST', '/_sandbox/topups', { amount: 1 });
    await billing.settled();
    expect(billing.said.escrow).toEqual([expect.objectContaining({ movedCents: 1_990 })]);
    expect(await billing.standing('stripe:payments', 'stripe:storage', 'platform:capital')).toEqual({
      'stripe:payments': 0,
      'stripe:storage': 1_990,
      'platform:capital': shortfallCents,
    });
    expect((await billing.call('admin', 'GET', '/v1/escrow')).body).toMatchObject({
      obligationsCents: 1_990,
      moves: [{ state: 'completed', movedCents: 1_990, shortfallCents: 0 }],
    });
  });
});
