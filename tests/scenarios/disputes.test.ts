import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cutoffOf, month, nextMonth } from '@wewrite/contracts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

let town: Town;
beforeAll(async () => {
  town = await openTown({ firstMonth: month('2026-01') });
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

/** What Stripe takes for each dispute, won or lost. */
const stripeFeeCents = 1_500;
const books = () =>
  standing(town, 'platform_revenue:fees', 'platform_revenue:unallocated', 'losses:disputes', 'stripe:disputed');

describe('a dispute after the close', () => {
  test('E5, D2: its part of a writer’s money is held while it is open, and gone when it is lost', async () => {
    const first = await town.beginsStory();
    await town.writes('wes');
    await town.paysOnce('ann', 2_000);
    await town.allocates('ann', { wes: 1_500 });
    await town.closes(first);
    const before = await books();
    await town.takesIntoDispute('ann', first);
    // Of 1,500 a fee of 105 was taken.
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, held: 1_395 });
    expect(await books()).toMatchObject({ 'stripe:disputed': 2_000 });
    await booksHold(town);

    const second = await town.beginsStory();
    await town.paysOnce('cal', 100);
    await town.allocates('cal', { wes: 100 });
    expect((await town.closes(second)).writer('wes')).toMatchObject({ payoutReason: 'on_hold', carriedOverCents: 93 });

    const later = await books();
    await town.decidesDispute('ann', first, 'lost');
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, payable: 93 });
    expect(await books()).toEqual({
      'platform_revenue:fees': later['platform_revenue:fees'] - 105,
      'platform_revenue:unallocated': later['platform_revenue:unallocated'] - 500,
      'losses:disputes': before['losses:disputes'] + stripeFeeCents,
      'stripe:disputed': 0,
    });
  });

  test('E5: won, all is as it was, but for Stripe’s fee', async () => {
    const now = await town.beginsStory();
    await town.writes('wim');
    await town.paysOnce('bea', 1_000);
    await town.allocates('bea', { wim: 1_000 });
    await town.closes(now);
    const before = await books();
    await town.takesIntoDispute('bea', now);
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, held: 930 });
    await town.decidesDispute('bea', now, 'won');
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, payable: 930 });
    expect(await books()).toEqual({ ...before, 'losses:disputes': before['losses:disputes'] + stripeFeeCents });
  });

  test('D8: after the payout there is nothing to hold; lost, the writer owes it', async () => {
    const now = await town.beginsStory();
    await town.writes('will');
    await town.paysOnce('bob', 3_000);
    await town.allocates('bob', { will: 3_000 });
    expect((await town.closes(now)).writer('will')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 2_790 });
    await town.takesIntoDispute('bob', now);
    expect(await town.balanceOf('will')).toEqual(nothingOwed);
    await town.decidesDispute('bob', now, 'lost');
    expect(await town.balanceOf('will')).toEqual({ ...nothingOwed, owes: 2_790 });
  });
});

describe('a dispute at the cutoff', () => {
  test('E5: open then, its payment is no budget; won later, it is one of the running month, and the plan takes it', async () => {
    const first = await town.beginsStory();
    await town.writes('wren');
    await town.paysOnce('dan', 1_000);
    await town.allocates('dan', { wren: 1_000 });
    await town.at(new Date(cutoffOf(first).getTime() - 1_000));
    await town.takesIntoDispute('dan', first);
    expect((await town.closes(first)).supporter('dan')?.budgetCents ?? 0).toBe(0);
    await booksHold(town, { inDisputeCents: 1_000 });

    const second = nextMonth(first);
    await town.decidesDispute('dan', first, 'won');
    expect(await town.planOf('dan')).toMatchObject({ month: second, totalCents: 1_000, availableCents: 0 });
    const closed = await town.closes(second);
    expect(closed.supporter('dan')).toMatchObject({ budgetCents: 1_000, fundedCents: 1_000 });
    expect(await town.balanceOf('wren')).toEqual({ ...nothingOwed, payable: 930 });
  });

  test('E5: open then and lost later, it takes what was kept of it, and no writer loses anything', async () => {
    const first = await town.beginsStory();
    await town.writes('wyn');
    await town.paysOnce('eve', 1_000);
    await town.paysOnce('eli', 500);
    await town.allocates('eve', { wyn: 1_000 });
    await town.allocates('eli', { wyn: 500 });
    await town.takesIntoDispute('eve', first);
    expect((await town.closes(first)).writer('wyn')).toMatchObject({ grossCents: 500 });
    await booksHold(town, { inDisputeCents: 1_000 });
    await town.decidesDispute('eve', first, 'lost');
    expect(await town.balanceOf('wyn')).toEqual({ ...nothingOwed, payable: 465 });
  });

  test('E5, A5: opened at the very cutoff, it is of the month after: the payment funds its month, and is held then', async () => {
    const first = await town.beginsStory();
    await town.writes('walt');
    await town.paysOnce('fay', 1_000);
    await town.allocates('fay', { walt: 1_000 });
    await town.at(cutoffOf(first));
    await town.takesIntoDispute('fay', first);
    expect((await town.closes(first)).supporter('fay')).toMatchObject({ budgetCents: 1_000, fundedCents: 1_000 });
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, held: 930 });
    await town.decidesDispute('fay', first, 'won');
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, payable: 930 });
  });
});

describe('what is no dispute', () => {
  test('E5: an inquiry and a warning of fraud move nothing', async () => {
    const now = await town.beginsStory();
    await town.writes('wolf');
    await town.paysOnce('gil', 1_000);
    await town.allocates('gil', { wolf: 1_000 });
    await town.closes(now);
    const before = await books();
    const payment = { payment_intent: await town.paymentOf('gil') };
    await town.atSandbox('/_sandbox/early_fraud_warnings', payment);
    await town.atSandbox('/_sandbox/disputes', { ...payment, inquiry: true });
    expect(await town.balanceOf('wolf')).toEqual({ ...nothingOwed, payable: 930 });
    expect(await books()).toEqual(before);
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
