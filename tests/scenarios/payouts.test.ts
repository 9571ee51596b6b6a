import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { type Month, month, nextMonth } from '@wewrite/contracts';
import { transfersAt } from '../month-story.ts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { deadlineMs, openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

jest.setTimeout(deadlineMs);

const lookEveryMs = 20;

describe.each([
  { escrow: 'storage', path: '/v2/money_management/outbound_payments' },
  { escrow: 'connect', path: '/v1/transfers' },
] as const)('payouts by $escrow', ({ escrow, path }) => {
  let town: Town;
  let first: Month;
  let second: Month;
  beforeAll(async () => {
    town = await openTown({ firstMonth: month('2026-01'), escrow, environment: { STRIPE_TIMEOUT_MS: '500' } });
    first = await town.beginsStory();
    second = nextMonth(first);
    await town.writes(['walt', 'wim', 'wes']);
    await town.writes(['wren'], 'none');
    await town.gives('ada', 5_000, { walt: 5_000 });
    await town.gives('cal', 3_000, { wim: 3_000 });
    await town.gives('dan', 3_000, { wren: 3_000 });
  });
  afterEach(() => booksHold(town));
  afterAll(() => town.stop());

  const transfersTo = async (writer: string) =>
    (await transfersAt(town.platform.sandboxUrl)).filter((transfer) => transfer.includes(` ${writer} `));
  const processingFees = async () =>
    (await standing(town, 'platform_revenue:processing'))['platform_revenue:processing'];
  // Of 4,650 and of 2,790: 2.9 %, rounded up, and 30 ¢.
  const paidToWalt = { payoutStatus: 'paid', payoutGrossCents: 4_650, processingFeeCents: 165, payoutNetCents: 4_485 };
  const paidToWim = { payoutStatus: 'paid', payoutGrossCents: 2_790, processingFeeCents: 111, payoutNetCents: 2_679 };

  test('D4: an account restricted between the reservation and the transfer fails it, and the money stays payable', async () => {
    await town.fails({ path, kind: '429', times: 1_000 });
    await town.awaitsClose(first);
    await town.startsClose(first);
    await isRefusedForNow('walt');
    await town.restrictsAccount('walt');
    await town.recovers();
    const closed = await town.reconciles(first);
    expect(closed.writer('walt')).toMatchObject({
      payoutStatus: 'failed',
      payoutReason: 'account_restricted',
      carriedOverCents: 4_650,
    });
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, payable: 4_650 });
    expect(await town.nextPayoutOf('walt')).toMatchObject({ reason: 'account_restricted' });
    expect(closed.writer('wim')).toMatchObject(paidToWim);
    expect(closed.writer('wren')).toMatchObject({ payoutReason: 'no_payout_account', carriedOverCents: 2_790 });
  });

  /** Waits until Stripe has refused the writer's payout for a moment; the test's deadline ends the waiting. */
  async function isRefusedForNow(writer: string): Promise<void> {
    for (;;) {
      const [payout] = await town.payoutsOf(writer);
      if (payout !== undefined && payout.attempts.length > 0) return;
      await delay(lookEveryMs);
    }
  }

  test('D4: a payout that the bank sends back after it was paid is payable again, its fee too', async () => {
    expect(await processingFees()).toBe(111);
    await town.sendsPayoutBack('wim', first);
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, payable: 2_790 });
    expect(await processingFees()).toBe(0);
  });

  test('D1, D3, D4: on the next 1st all is paid, each once, although Stripe’s answers are lost', async () => {
    expect(await town.nextPayoutOf('wren')).toMatchObject({ reason: 'no_payout_account', payableCents: 2_790 });
    for (const writer of ['walt', 'wren']) await town.clearsAccount(writer);
    await town.beginsStory();
    await town.gives('bob', 5_000, { wes: 5_000 });
    await town.fails({ path, kind: 'timeout_after_success', times: 4 });
    const closed = await town.closes(second);
    expect(closed.writer('walt')).toMatchObject(paidToWalt);
    expect(closed.writer('wes')).toMatchObject(paidToWalt);
    expect([closed.writer('wim'), closed.writer('wren')]).toMatchObject([paidToWim, paidToWim]);
    expect(await transfersTo('walt')).toEqual([`${second} walt 4485`]);
    expect(await transfersTo('wes')).toEqual([`${second} wes 4485`]);
    expect(await transfersTo('wim')).toEqual([`${first} wim 2679`, `${second} wim 2679`]);
    expect((await town.payoutsOf('wim')).map(({ status }) => status)).toEqual(['paid', 'returned']);
    for (const writer of ['walt', 'wes', 'wim', 'wren']) expect(await town.balanceOf(writer)).toEqual(nothingOwed);
  });

  test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
});
