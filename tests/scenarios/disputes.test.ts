import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cutoffOf, lineIdOf, type Month, month, nextMonth } from '@wewrite/contracts';
import { booksHold, standing } from './books.ts';
import { centsAreExplained } from './chains.ts';
import type { Closed } from './desk.ts';
import { deadlineMs, openTown, type Town } from './town.ts';
import { nothingOwed } from './writers.ts';

jest.setTimeout(deadlineMs);

let town: Town;
let first: Month;
let closed: Closed;
/** dan's 1,000 and eve's 1,000 are in dispute at the cutoff. */
let inDisputeCents = 2_000;
beforeAll(async () => {
  town = await openTown({ firstMonth: month('2026-01') });
  first = await town.beginsStory();
  await town.writes(['wes', 'wim', 'will', 'wren', 'wyn', 'walt', 'wolf', 'wax', 'wok', 'win', 'wag']);
  await town.gives('ann', 2_000, { wes: 1_500 });
  await town.gives('bea', 1_000, { wim: 1_000 });
  await town.gives('bob', 3_000, { will: 3_000 });
  await town.gives('dan', 1_000, { wren: 1_000 });
  await town.gives('eve', 1_000, { wyn: 1_000 });
  await town.gives('eli', 500, { wyn: 500 });
  await town.gives('fay', 1_000, { walt: 1_000 });
  await town.gives('gil', 1_000, { wolf: 1_000 });
  await town.gives('hal', 2_000, { wax: 1_200 });
  await town.gives('ida', 1_000, { wok: 1_000 });
  await town.gives('ivo', 3_000, { win: 3_000 });
  await town.gives('jim', 1_000, { wag: 1_000 });
  await town.takesIntoDispute('eve', first);
  await town.at(new Date(cutoffOf(first).getTime() - 1_000));
  await town.takesIntoDispute('dan', first);
  await town.at(cutoffOf(first));
  await town.takesIntoDispute('fay', first);
  closed = await town.closes(first);
});
afterEach(() => booksHold(town, { inDisputeCents }));
afterAll(() => town.stop());

/** What Stripe takes for each dispute, won or lost. */
const stripeFeeCents = 1_500;
const books = () =>
  standing(town, 'platform_revenue:fees', 'platform_revenue:unallocated', 'losses:disputes', 'stripe:disputed');

describe('a dispute at the cutoff', () => {
  test('E5: open then and lost later, it takes what was kept of it, and no writer loses anything', async () => {
    expect(closed.supporter('eve')?.budgetCents ?? 0).toBe(0);
    expect(closed.writer('wyn')).toMatchObject({ grossCents: 500 });
    await town.decidesDispute('eve', first, 'lost');
    inDisputeCents -= 1_000;
    expect(await town.balanceOf('wyn')).toEqual({ ...nothingOwed, payable: 465 });
  });

  test('E5, A5: opened at the very cutoff, it is of the month after: the payment funds its month, and is held then', async () => {
    expect(closed.supporter('fay')).toMatchObject({ budgetCents: 1_000, fundedCents: 1_000 });
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, held: 930 });
    await town.decidesDispute('fay', first, 'won');
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, payable: 930 });
  });

  test('E5: open then, its payment is no budget; won later, it is one of the running month, and the plan takes it', async () => {
    expect(closed.supporter('dan')?.budgetCents ?? 0).toBe(0);
    const second = nextMonth(first);
    await town.decidesDispute('dan', first, 'won');
    inDisputeCents -= 1_000;
    expect(await town.planOf('dan')).toMatchObject({ month: second, totalCents: 1_000, availableCents: 0 });
    expect((await town.closes(second)).supporter('dan')).toMatchObject({ budgetCents: 1_000, fundedCents: 1_000 });
    expect(await town.balanceOf('wren')).toEqual({ ...nothingOwed, payable: 930 });
  });
});

describe('a dispute of money that something else has befallen', () => {
  const holdsLine = (supporter: string, writer: string) =>
    town.holds({ line: lineIdOf(supporter, { resourceType: 'page', resourceId: writer }, first) });

  test('E5: takes of a payment that was refunded in part all that is left', async () => {
    const before = await books();
    await town.refunds('hal', first, 500);
    await town.atSandbox('/_sandbox/disputes', { payment_intent: await town.paymentOf('hal'), amount: 1_500 });
    // Of 1,116 the refund took 279.
    expect(await town.balanceOf('wax')).toEqual({ ...nothingOwed, held: 837 });
    await town.decidesDispute('hal', first, 'lost');
    expect(await town.balanceOf('wax')).toEqual(nothingOwed);
    expect(await books()).toEqual({
      'platform_revenue:fees': before['platform_revenue:fees'] - 84,
      'platform_revenue:unallocated': before['platform_revenue:unallocated'] - 800,
      'losses:disputes': before['losses:disputes'] + stripeFeeCents,
      'stripe:disputed': before['stripe:disputed'],
    });
  });

  test('C6: keeps back what an operator held before, and releases while it is open', async () => {
    const hold = await holdsLine('ida', 'wok');
    await town.takesIntoDispute('ida', first);
    await town.releases(hold);
    expect(await town.balanceOf('wok')).toEqual({ ...nothingOwed, held: 930 });
    await town.decidesDispute('ida', first, 'won');
    expect(await town.balanceOf('wok')).toEqual({ ...nothingOwed, payable: 930 });
  });

  test('C6: takes what an operator holds when it is lost', async () => {
    const hold = await holdsLine('jim', 'wag');
    await town.takesIntoDispute('jim', first);
    await town.decidesDispute('jim', first, 'lost');
    expect(await town.balanceOf('wag')).toEqual(nothingOwed);
    await town.releases(hold);
    expect(await town.balanceOf('wag')).toEqual(nothingOwed);
  });

  test('D4: keeps back a payout that comes back while it is open', async () => {
    await town.takesIntoDispute('ivo', first);
    expect(await town.balanceOf('win')).toEqual(nothingOwed);
    await town.sendsPayoutBack('win', first);
    expect(await town.balanceOf('win')).toEqual({ ...nothingOwed, held: 2_790 });
    await town.decidesDispute('ivo', first, 'won');
    expect(await town.balanceOf('win')).toEqual({ ...nothingOwed, payable: 2_790 });
  });
});

describe('a dispute after the close', () => {
  test('E5: won, all is as it was, but for Stripe’s fee', async () => {
    const before = await books();
    await town.takesIntoDispute('bea', first);
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, held: 930 });
    await booksHold(town, { inDisputeCents });
    await town.decidesDispute('bea', first, 'won');
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, payable: 930 });
    expect(await books()).toEqual({ ...before, 'losses:disputes': before['losses:disputes'] + stripeFeeCents });
  });

  test('D8: after the payout there is nothing to hold; lost, the writer owes it', async () => {
    expect(closed.writer('will')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 2_790 });
    await town.takesIntoDispute('bob', first);
    expect(await town.balanceOf('will')).toEqual(nothingOwed);
    await town.decidesDispute('bob', first, 'lost');
    expect(await town.balanceOf('will')).toEqual({ ...nothingOwed, owes: 2_790 });
  });

  test('E5: an inquiry and a warning of fraud move nothing', async () => {
    const before = await books();
    const payment = { payment_intent: await town.paymentOf('gil') };
    await town.atSandbox('/_sandbox/early_fraud_warnings', payment);
    await town.atSandbox('/_sandbox/disputes', { ...payment, inquiry: true });
    expect(await town.balanceOf('wolf')).toEqual({ ...nothingOwed, payable: 930 });
    expect(await books()).toEqual(before);
  });

  test('E5, D2: its part of a writer’s money is held while it is open, and gone when it is lost', async () => {
    const before = await books();
    await town.takesIntoDispute('ann', first);
    // Of 1,500 a fee of 105 was taken.
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, held: 1_395 });
    expect(await books()).toMatchObject({ 'stripe:disputed': before['stripe:disputed'] + 2_000 });

    const third = await town.beginsStory();
    await town.gives('cal', 100, { wes: 100 });
    expect((await town.closes(third)).writer('wes')).toMatchObject({ payoutReason: 'on_hold', carriedOverCents: 93 });
    await booksHold(town, { inDisputeCents });

    const later = await books();
    await town.decidesDispute('ann', first, 'lost');
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, payable: 93 });
    expect(await books()).toEqual({
      'platform_revenue:fees': later['platform_revenue:fees'] - 105,
      'platform_revenue:unallocated': later['platform_revenue:unallocated'] - 500,
      'losses:disputes': before['losses:disputes'] + stripeFeeCents,
      'stripe:disputed': before['stripe:disputed'],
    });
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
