import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

let town: Town;
beforeAll(async () => {
  const environment = { NEGATIVE_BALANCE_FLOOR_CENTS: '1000' };
  town = await openTown({ firstMonth: month('2026-01'), environment });
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

const writtenOff = async () => (await standing(town, 'losses:write_offs'))['losses:write_offs'];

describe('a writer who owes', () => {
  test('D8: no more than the floor; later earnings repay it, what an operator gives up is lost, and payouts go on', async () => {
    const first = await town.beginsStory();
    await town.writes('walt');
    await town.paysOnce('ada', 5_000);
    await town.allocates('ada', { walt: 5_000 });
    expect((await town.closes(first)).writer('walt')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 4_650 });
    await town.refunds('ada', first, 2_000);
    // 1,860 were to be owed.
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, owes: 1_000 });
    expect(await writtenOff()).toBe(860);
    await booksHold(town);

    const second = await town.beginsStory();
    await town.paysOnce('bea', 3_000);
    await town.allocates('bea', { walt: 3_000 });
    expect((await town.closes(second)).writer('walt')).toMatchObject({ payoutReason: 'below_minimum' });
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, payable: 2_790 - 1_000 });
    // The other 3,000, of which 2,790 were net: 1,790 are there.
    await town.refunds('ada', first);
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, owes: 1_000 });
    expect(await writtenOff()).toBe(860);
    expect(await town.writesOff('walt', 400)).toBe(600);
    expect(await writtenOff()).toBe(1_260);
    await booksHold(town);

    const third = await town.beginsStory();
    await town.paysOnce('cal', 4_000);
    await town.allocates('cal', { walt: 4_000 });
    // Of 3,720: 2.9 % of what is left, rounded down, and 30 ¢.
    expect((await town.closes(third)).writer('walt')).toMatchObject({
      payoutStatus: 'paid',
      payoutGrossCents: 3_120,
      processingFeeCents: 120,
      payoutNetCents: 3_000,
    });
    expect(await town.balanceOf('walt')).toEqual(nothingOwed);
  });

  test('D8: of a refund that fails at the bank, what was written off is owed again before the writer gets anything', async () => {
    const now = await town.beginsStory();
    await town.writes('wim');
    await town.paysOnce('dan', 3_000, 'pm_card_refundFail');
    await town.allocates('dan', { wim: 3_000 });
    expect((await town.closes(now)).writer('wim')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 2_790 });
    const before = await writtenOff();
    await town.refunds('dan', now);
    expect(await town.balanceOf('wim')).toEqual(nothingOwed);
    expect(await writtenOff()).toBe(before);
  });

  test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
});
