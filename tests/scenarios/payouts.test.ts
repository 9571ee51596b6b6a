import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { month, nextMonth, UserIdSchema } from '@wewrite/contracts';
import { endOnboarding } from '../../apps/cli/src/demo/play-event.ts';
import { transfersAt } from '../month-story.ts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

describe.each([
  { escrow: 'storage', path: '/v2/money_management/outbound_payments' },
  { escrow: 'connect', path: '/v1/transfers' },
] as const)('payouts by $escrow', ({ escrow, path }) => {
  let town: Town;
  beforeAll(async () => {
    town = await openTown({ firstMonth: month('2026-01'), escrow, environment: { STRIPE_TIMEOUT_MS: '500' } });
  });
  afterEach(() => booksHold(town));
  afterAll(() => town.stop());

  const transfersTo = async (writer: string) =>
    (await transfersAt(town.platform.sandboxUrl)).filter((transfer) => transfer.includes(` ${writer} `));

  test('D4: an account restricted after the reservation fails it, and the money is paid on the next 1st', async () => {
    const first = await town.beginsStory();
    await town.writes('walt');
    await town.paysOnce('ada', 5_000);
    await town.allocates('ada', { walt: 5_000 });
    await town.fails({ path, kind: '429', times: 1_000 });
    await town.awaitsClose(first);
    await town.startsClose(first);
    await isRefusedForNow('walt');
    await endOnboarding(town.world, UserIdSchema.parse('walt'), 'restricted');
    await town.recovers();
    const failed = await town.reconciles(first);
    expect(failed.writer('walt')).toMatchObject({
      payoutStatus: 'failed',
      payoutReason: 'account_restricted',
      carriedOverCents: 4_650,
    });
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, payable: 4_650 });
    expect(await town.nextPayoutOf('walt')).toMatchObject({ reason: 'account_restricted' });
    await booksHold(town);

    await town.clearsAccount('walt');
    const second = nextMonth(first);
    expect((await town.closes(second)).writer('walt')).toMatchObject({ payoutStatus: 'paid', payoutNetCents: 4_485 });
    expect(await transfersTo('walt')).toEqual([`${second} walt 4485`]);
  });

  /** Waits until Stripe has refused the payout for a moment. */
  async function isRefusedForNow(writer: string): Promise<void> {
    for (;;) {
      const [payout] = await town.payoutsOf(writer);
      if (payout !== undefined && payout.attempts.length > 0) return;
      await delay(20);
    }
  }

  test('D3: a transfer that Stripe has made, and whose answers are lost, is made once', async () => {
    const now = await town.beginsStory();
    await town.writes('wes');
    await town.paysOnce('bob', 5_000);
    await town.allocates('bob', { wes: 5_000 });
    await town.fails({ path, kind: 'timeout_after_success', times: 4 });
    expect((await town.closes(now)).writer('wes')).toMatchObject({ payoutStatus: 'paid', payoutNetCents: 4_485 });
    expect(await transfersTo('wes')).toEqual([`${now} wes 4485`]);
  });

  test('D4: a payout that the bank sends back after it was paid is payable again, and paid with the next one', async () => {
    const first = await town.beginsStory();
    await town.writes('wim');
    await town.paysOnce('cal', 3_000);
    await town.allocates('cal', { wim: 3_000 });
    const before = (await standing(town, 'platform_revenue:processing'))['platform_revenue:processing'];
    // Of 2,790: 2.9 %, rounded up, and 30 ¢.
    const paid = { payoutStatus: 'paid', payoutGrossCents: 2_790, processingFeeCents: 111, payoutNetCents: 2_679 };
    expect((await town.closes(first)).writer('wim')).toMatchObject(paid);
    await town.sendsPayoutBack('wim', first);
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, payable: 2_790 });
    expect(await standing(town, 'platform_revenue:processing')).toEqual({ 'platform_revenue:processing': before });
    await booksHold(town);
    const second = nextMonth(first);
    expect((await town.closes(second)).writer('wim')).toMatchObject(paid);
    expect(await town.balanceOf('wim')).toEqual(nothingOwed);
    expect((await town.payoutsOf('wim')).map(({ month: of, status }) => [of, status])).toEqual([
      [second, 'paid'],
      [first, 'returned'],
    ]);
    expect(await standing(town, 'platform_revenue:processing')).toEqual({
      'platform_revenue:processing': before + 111,
    });
  });

  test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
});
