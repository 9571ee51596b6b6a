import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  balanceAdjusted,
  booksChecked,
  type MessageOf,
  month,
  nextMonth,
  ProblemSchema,
  WrittenOffSchema,
} from '@wewrite/contracts';
import { sql } from 'kysely';
import type { Schema } from '../src/db.ts';
import { type PayoutHarness, startPayouts } from './payout-harness.ts';

const nothing = { payableCents: 0, inFlightCents: 0, heldCents: 0, receivableCents: 0 };

let stack: PayoutHarness;
let adjusted: MessageOf<typeof balanceAdjusted>[];
let books: MessageOf<typeof booksChecked>[];
let latest = month('2026-11');

beforeAll(async () => {
  stack = await startPayouts('connect', { NEGATIVE_BALANCE_FLOOR_CENTS: '9000' });
  await stack.topUp(10_000_000);
  adjusted = await stack.hear(balanceAdjusted);
  books = await stack.hear(booksChecked);
});
afterAll(() => stack.stop());

/** A month of its own, in which the writer has earned the amount. */
async function earned(writer: string, netCents: number): Promise<string> {
  latest = nextMonth(latest);
  await stack.earn(latest, { [writer]: netCents });
  await stack.settled();
  return latest;
}

/** The same, paid out. */
async function paid(writer: string, netCents: number): Promise<string> {
  await stack.knowAccount(writer);
  const next = await earned(writer, netCents);
  await stack.fundThrough(next);
  await stack.settled();
  expect(await stack.balancesOf(writer)).toEqual(nothing);
  return next;
}

const saidOf = (writer: string) =>
  adjusted
    .filter(({ recipientUserId }) => recipientUserId === writer)
    .map((each) => [each.kind, each.obligationsFallCents, each.receivableRiseCents]);

function expectBalancedBooks(): void {
  const last = books.toSorted((a, b) => b.version - a.version)[0];
  expect(last?.equations.length).toBeGreaterThan(2);
  expect(last?.equations.filter(({ differenceCents }) => differenceCents !== 0)).toEqual([]);
}

describe('E5: a refund after the lock', () => {
  test('E5: takes what is payable; billing is told by how much obligations fall', async () => {
    const of = await earned('payable', 5_000);
    await stack.reverseEarnings('refund-payable', { kind: 'refund', month: of, netByWriter: { payable: 1_200 } });
    expect(await stack.balancesOf('payable')).toEqual({ ...nothing, payableCents: 3_800 });
    expect(saidOf('payable')).toEqual([['refund', 1_200, 0]]);
    expectBalancedBooks();
  });

  test('D8: takes nothing that is in flight, and leaves the rest as a receivable, which later earnings repay', async () => {
    const of = await paid('overpaid', 5_000);
    await stack.reverseEarnings('refund-overpaid', { kind: 'refund', month: of, netByWriter: { overpaid: 4_000 } });
    expect(await stack.balancesOf('overpaid')).toEqual({ ...nothing, receivableCents: 4_000 });
    await earned('overpaid', 1_500);
    expect(await stack.balancesOf('overpaid')).toEqual({ ...nothing, receivableCents: 2_500 });
    const last = await earned('overpaid', 6_000);
    expect(await stack.balancesOf('overpaid')).toEqual({ ...nothing, payableCents: 3_500 });
    expect(saidOf('overpaid')).toEqual([
      ['refund', 0, 4_000],
      ['receivable_repaid', 1_500, -1_500],
      ['receivable_repaid', 2_500, -2_500],
    ]);
    await stack.fundThrough(last);
    await stack.settled();
    expect(await stack.balancesOf('overpaid')).toEqual(nothing);
    expectBalancedBooks();
  });

  test('E5: one that fails is undone, also where its receivable was repaid meanwhile', async () => {
    const of = await paid('undone', 3_000);
    await earned('undone', 1_000);
    await stack.reverseEarnings('refund-undone', { kind: 'refund', month: of, netByWriter: { undone: 2_500 } });
    expect(await stack.balancesOf('undone')).toEqual({ ...nothing, receivableCents: 1_500 });
    await earned('undone', 600);
    const failed = { kind: 'refund_failed', month: of, netByWriter: { undone: 2_500 } } as const;
    await stack.reverseEarnings('refund-undone-failed', { ...failed, settles: 'refund-undone' });
    expect(await stack.balancesOf('undone')).toEqual({ ...nothing, payableCents: 1_600 });
    expect(saidOf('undone')).toEqual([
      ['refund', 1_000, 1_500],
      ['receivable_repaid', 600, -600],
      ['refund_failed', -1_600, -900],
    ]);
    expectBalancedBooks();
  });

  test('B2: the same messages again change nothing', async () => {
    const before = await stack.balancesOf('payable');
    await stack.reverseEarnings('refund-payable', { kind: 'refund', month: latest, netByWriter: { payable: 1_200 } });
    expect(await stack.balancesOf('payable')).toEqual(before);
  });

  test('E5: one that comes before the month is credited is repaid by it', async () => {
    await stack.reverseEarnings('early', { kind: 'refund', month: nextMonth(latest), netByWriter: { early: 700 } });
    await earned('early', 2_000);
    expect(await stack.balancesOf('early')).toEqual({ ...nothing, payableCents: 1_300 });
  });
});

describe('E5: a dispute', () => {
  test('E5: holds what is payable while it is open, and releases it when it is won', async () => {
    const of = await earned('winner', 5_000);
    const part = { month: of, netByWriter: { winner: 2_000 } };
    await stack.reverseEarnings('dispute-won', { kind: 'dispute_opened', ...part });
    expect(await stack.balancesOf('winner')).toEqual({ ...nothing, payableCents: 3_000, heldCents: 2_000 });
    await stack.reverseEarnings('won', { kind: 'dispute_won', settles: 'dispute-won', ...part });
    expect(await stack.balancesOf('winner')).toEqual({ ...nothing, payableCents: 5_000 });
    expect(saidOf('winner')).toEqual([]);
    expectBalancedBooks();
  });

  test('E5: that is lost takes what it held first, then payable, then what else is held, then is owed', async () => {
    const of = await earned('loser', 5_000);
    await stack.holdEarnings('question', { writer: 'loser', month: of, state: 'held', netCents: 1_000, version: 1 });
    const part = { month: of, netByWriter: { loser: 2_000 } };
    await stack.reverseEarnings('dispute-lost', { kind: 'dispute_opened', ...part });
    await stack.reverseEarnings('lost', { kind: 'dispute_lost', settles: 'dispute-lost', ...part });
    expect(await stack.balancesOf('loser')).toEqual({ ...nothing, payableCents: 2_000, heldCents: 1_000 });
    await stack.reverseEarnings('more', { kind: 'refund', month: of, netByWriter: { loser: 3_300 } });
    expect(await stack.balancesOf('loser')).toEqual({ ...nothing, receivableCents: 300 });
    expect(saidOf('loser')).toEqual([
      ['dispute_lost', 2_000, 0],
      ['refund', 3_000, 300],
    ]);
    expectBalancedBooks();
  });

  test('E5: of money that was paid before holds what there is, and leaves the rest as a receivable when it is lost', async () => {
    const of = await paid('spent', 3_000);
    await earned('spent', 400);
    const part = { month: of, netByWriter: { spent: 1_000 } };
    await stack.reverseEarnings('dispute-spent', { kind: 'dispute_opened', ...part });
    expect(await stack.balancesOf('spent')).toEqual({ ...nothing, heldCents: 400 });
    await stack.reverseEarnings('lost-spent', { kind: 'dispute_lost', settles: 'dispute-spent', ...part });
    expect(await stack.balancesOf('spent')).toEqual({ ...nothing, receivableCents: 600 });
    expectBalancedBooks();
  });

  test.each(['dispute_won', 'dispute_lost'] as const)(
    'E5: whose end (%s) comes before its beginning waits aside, and holds nothing for ever',
    async (kind) => {
      const writer = kind.replace('_', '-');
      const of = await earned(writer, 5_000);
      const part = { month: of, netByWriter: { [writer]: 2_000 } };
      await stack.reverseEarnings(`${writer}-end`, { kind, settles: `${writer}-begin`, ...part });
      expect(await stack.balancesOf(writer)).toEqual({ ...nothing, payableCents: 5_000 });
      const { kysely } = stack.database<Schema>('payouts');
      const { rows } = await sql<{ reason: string }>`
        select reason from parked_message where key = ${writer}`.execute(kysely);
      expect(rows).toEqual([{ reason: expect.stringContaining('is unknown') }]);
    },
  );

  test('E5: that comes before the month is credited holds its part when it is', async () => {
    await stack.reverseEarnings('hasty', {
      kind: 'dispute_opened',
      month: nextMonth(latest),
      netByWriter: { hasty: 800 },
    });
    await earned('hasty', 2_000);
    expect(await stack.balancesOf('hasty')).toEqual({ ...nothing, payableCents: 1_200, heldCents: 800 });
  });
});

describe('D8: what a writer owes', () => {
  test('D8: beyond the floor is written off at once', async () => {
    const of = await paid('floored', 20_000);
    await stack.reverseEarnings('refund-floored', { kind: 'refund', month: of, netByWriter: { floored: 11_000 } });
    expect(await stack.balancesOf('floored')).toEqual({ ...nothing, receivableCents: 9_000 });
    expect(saidOf('floored')).toEqual([
      ['refund', 0, 11_000],
      ['write_off', 0, -2_000],
    ]);
    expectBalancedBooks();
  });

  test('D8: what was written off is owed again when its refund fails, so that nothing is paid twice', async () => {
    const of = await paid('forgiven', 20_000);
    const part = { month: of, netByWriter: { forgiven: 11_000 } };
    await stack.reverseEarnings('refund-forgiven', { kind: 'refund', ...part });
    await stack.reverseEarnings('forgiven-failed', { kind: 'refund_failed', settles: 'refund-forgiven', ...part });
    expect(await stack.balancesOf('forgiven')).toEqual(nothing);
    expect(saidOf('forgiven')).toEqual([
      ['refund', 0, 11_000],
      ['write_off', 0, -2_000],
      ['refund_failed', 0, -11_000],
      ['write_off', 0, 2_000],
    ]);
    expectBalancedBooks();
  });

  test('D8: is written off by an admin with a reason, in part or all', async () => {
    const path = '/v1/obligations/floored/write-off';
    const part = await stack.post(path, { amountCents: 1_000, reason: 'a gesture' });
    expect(WrittenOffSchema.parse(part.body)).toMatchObject({ writtenOffCents: 1_000, receivableCents: 8_000 });
    const writer = { sub: 'floored', roles: ['writer'] };
    expect(await stack.post(path, { reason: 'mine' }, writer)).toMatchObject({ status: 403 });
    expect(await stack.post(path, {})).toMatchObject({ status: 400 });
    const rest = await stack.post(path, { reason: 'has left' });
    expect(WrittenOffSchema.parse(rest.body)).toMatchObject({ writtenOffCents: 8_000, receivableCents: 0 });
    const none = await stack.post(path, { reason: 'once more' });
    expect(ProblemSchema.parse(none.body).code).toBe('not_found');
    await stack.settled();
    expect(saidOf('floored').slice(2)).toEqual([
      ['write_off', 0, -1_000],
      ['write_off', 0, -8_000],
    ]);
    expect(await stack.balancesOf('floored')).toEqual(nothing);
  });
});
