import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { deadlineMs, openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

jest.setTimeout(deadlineMs);

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
    await town.writes(['walt']);
    await town.gives('ada', 5_000, { walt: 5_000 });
    expect((await town.closes(first)).writer('walt')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 4_650 });
    await town.refunds('ada', first, 2_000);
    // 1,860 were to be owed.
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, owes: 1_000 });
    expect(await writtenOff()).toBe(860);
    await booksHold(town);

    const second = await town.beginsStory();
    await town.gives('bea', 3_000, { walt: 3_000 });
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
    await town.gives('cal', 4_000, { walt: 4_000 });
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
    await town.writes(['wim']);
    await town.gives('dan', 3_000, { wim: 3_000 }, 'pm_card_refundFail');
    expect((await town.closes(now)).writer('wim')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 2_790 });
    const before = await writtenOff();
    await town.refunds('dan', now);
    expect(await town.balanceOf('wim')).toEqual(nothingOwed);
    expect(await writtenOff()).toBe(before);
  });

  test('E5, D4: what is in flight is not touched: it is owed meanwhile, and a payout that fails then repays it', async () => {
    const now = await town.beginsStory();
    await town.writes(['wes']);
    await town.gives('eve', 3_000, { wes: 3_000 });
    await town.atSandbox('/_sandbox/settings', { outboundPaymentDelaySeconds: 7 * 24 * 3_600 });
    await town.awaitsClose(now);
    await town.startsClose(now);
    await town.settled();
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, inFlight: 2_790 });
    await town.refunds('eve', now, 1_000);
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, inFlight: 2_790, owes: 930 });
    const [payout] = await town.payoutsOf('wes');
    await town.atSandbox(`/_sandbox/outbound_payments/${payout?.transferId}`, { outcome: 'failed' });
    expect((await town.reconciles(now)).writer('wes')).toMatchObject({ payoutStatus: 'failed' });
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, payable: 2_790 - 930 });
  });

  test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
});
