import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Month, month } from '@wewrite/contracts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import type { Closed } from './desk.ts';
import { deadlineMs, openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

jest.setTimeout(deadlineMs);

let town: Town;
let first: Month;
let closed: Closed;
beforeAll(async () => {
  town = await openTown({ firstMonth: month('2026-01') });
  first = await town.beginsStory();
  await town.writes(['wim', 'will', 'wes', 'walt', 'wren', 'wyn', 'wolf', 'ward']);
  await town.gives('ada', 3_000, { wim: 2_000, will: 1_000 });
  await town.gives('bea', 2_000, { wes: 1_200 });
  await town.gives('cleo', 5_000, { walt: 5_000 });
  await town.gives('eve', 3_000, { wren: 1_999, wyn: 501 });
  await town.gives('fay', 1_000, { ward: 1_000 }, 'pm_card_refundFail');
  await town.subscribes('gil', 2_000);
  await town.changesAmount('gil', 4_000);
  await town.allocates('gil', { wolf: 1_500 });
  await town.cancels('gil');
  await town.refunds('ada', first, 1_000);
  closed = await town.closes(first);
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

const revenue = () => standing(town, 'platform_revenue:fees', 'platform_revenue:unallocated', 'stripe:payments');

describe('a refund', () => {
  test('E5, A6: before the cutoff it lowers the paid budget, and the month closes with the rest', async () => {
    expect(closed.supporter('ada')).toEqual({
      budgetCents: 2_000,
      fundedCents: 2_000,
      unallocatedCents: 0,
      unfundedCents: 1_000,
    });
    // Two thirds and one third of 2,000; 7 % of each.
    expect(closed.writer('wim')).toMatchObject({ grossCents: 1_333, platformFeeCents: 93, carriedOverCents: 1_240 });
    expect(closed.writer('will')).toMatchObject({ grossCents: 667, platformFeeCents: 47, carriedOverCents: 620 });
  });

  test('E5: after the close it takes its part of what is payable, of the fee and of what was left unallocated', async () => {
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, payable: 1_116 });
    const before = await revenue();
    await town.refunds('bea', first, 500);
    // 300 of the line, with 21 of its fee of 84; 200 of the 800 that were left.
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, payable: 1_116 - 279 });
    expect(await revenue()).toEqual({
      'platform_revenue:fees': before['platform_revenue:fees'] - 21,
      'platform_revenue:unallocated': before['platform_revenue:unallocated'] - 200,
      'stripe:payments': before['stripe:payments'] - 500,
    });
  });

  test('E5: in three parts it comes to all that was given, and leaves nothing with anybody', async () => {
    const before = await revenue();
    const payable = async () => [(await town.balanceOf('wren')).payable, (await town.balanceOf('wyn')).payable];
    // Fees of 140 and 35; 500 are left unallocated.
    expect(await payable()).toEqual([1_859, 466]);
    // 666, 167 and 167 of 1,999, 501 and 500; fees of 47 and 12 come back.
    await town.refunds('eve', first, 1_000);
    expect(await payable()).toEqual([1_859 - 619, 466 - 155]);
    await booksHold(town);
    // 467, 117 and 116 of what is left: on a tie of remainders the line comes before what was unallocated; fees of 33 and 8.
    await town.refunds('eve', first, 700);
    expect(await payable()).toEqual([1_240 - 434, 311 - 109]);
    await booksHold(town);
    await town.refunds('eve', first);
    expect(await payable()).toEqual([0, 0]);
    expect(await revenue()).toEqual({
      'platform_revenue:fees': before['platform_revenue:fees'] - 175,
      'platform_revenue:unallocated': before['platform_revenue:unallocated'] - 500,
      'stripe:payments': before['stripe:payments'] - 3_000,
    });
  });

  test('E5: of one of two payments it is spread over all that both have funded', async () => {
    expect(closed.supporter('gil')).toMatchObject({ budgetCents: 2_000, fundedCents: 1_500, unallocatedCents: 500 });
    const before = await revenue();
    await town.refunds('gil', first, 1_000);
    // 750 of the line, with half of its fee of 105, rounded up; 250 of what was left.
    expect(await town.balanceOf('wolf')).toEqual({ ...nothingOwed, payable: 1_395 - 697 });
    expect(await revenue()).toMatchObject({
      'platform_revenue:fees': before['platform_revenue:fees'] - 53,
      'platform_revenue:unallocated': before['platform_revenue:unallocated'] - 250,
    });
  });

  test('E5: one that fails at the bank is undone, and everybody has what they had', async () => {
    const before = await revenue();
    await town.refunds('fay', first, 400);
    expect(await town.balanceOf('ward')).toEqual({ ...nothingOwed, payable: 930 });
    expect(await revenue()).toEqual(before);
  });

  test('D8: after the payout it leaves a debt, which later earnings repay', async () => {
    // Net 4,650; 2.9 % of it and 30 ¢ are 165.
    expect(closed.writer('walt')).toMatchObject({ payoutStatus: 'paid', payoutNetCents: 4_485 });
    await town.refunds('cleo', first, 2_000);
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, owes: 1_860 });
    expect(await town.nextPayoutOf('walt')).toMatchObject({ reason: 'negative_balance', receivableCents: 1_860 });
    await booksHold(town);

    const second = await town.beginsStory();
    await town.gives('dan', 3_000, { walt: 3_000 });
    expect((await town.closes(second)).writer('walt')).toMatchObject({
      netCents: 2_790,
      payoutReason: 'below_minimum',
      carriedOverCents: 2_790 - 1_860,
    });
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, payable: 930 });
  });

  test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
});
