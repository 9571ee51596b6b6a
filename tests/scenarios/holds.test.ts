import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { lineIdOf, type Month, month, nextMonth, QuestionsPageSchema, UserIdSchema } from '@wewrite/contracts';
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
  await town.writes(['wim', 'wes', 'will', 'wren', 'walt', 'wolf', 'wyn', 'wax', 'wit']);
  await town.gives('ada', 2_000, { wim: 2_000 });
  await town.gives('cal', 1_500, { wes: 1_000, will: 300 });
  await town.gives('dan', 600, { wren: 600 });
  await town.gives('eve', 400, { wren: 400 });
  await town.gives('fay', 3_000, { walt: 3_000 });
  await town.gives('hal', 1_500, { wax: 1_000, wit: 300 });
  await town.subscribes('gil', 4_000);
  await town.allocates('gil', { wolf: 800, wyn: 1_200 });
  await town.blocks('wolf');
  closed = await town.closes(first);
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

const lineOf = (supporter: string, writer: string) =>
  lineIdOf(supporter, { resourceType: 'page', resourceId: writer }, first);
const fees = async () => (await standing(town, 'platform_revenue:fees'))['platform_revenue:fees'];
/** What Stripe has sent back of the supporter's newest payment. */
const refundedTo = async (supporter: string) => {
  const refunds = await town.platform.stripe.refunds.list({ payment_intent: await town.paymentOf(supporter) });
  return refunds.data.map(({ amount }) => amount);
};

describe('an operator', () => {
  test('C6, E5: reverses a line that a supporter asks about: its money goes back to them, its fee too', async () => {
    const line = lineOf('cal', 'wes');
    const hold = await town.holds({ line }, await town.isAsked('cal', line));
    expect(await town.balanceOf('wes')).toEqual({ ...nothingOwed, held: 930 });
    await booksHold(town);
    const before = await fees();
    expect(await town.reverses(hold)).toMatchObject({ state: 'reversed' });
    expect(await town.balanceOf('wes')).toEqual(nothingOwed);
    expect(await town.balanceOf('will')).toEqual({ ...nothingOwed, payable: 279 });
    expect(await fees()).toBe(before - 70);
    expect(await refundedTo('cal')).toEqual([1_000]);
    const request = { method: 'GET', path: '/v1/questions', answer: QuestionsPageSchema } as const;
    const { questions } = await town.ask('cal', request);
    expect(questions).toMatchObject([{ line, answer: { hold: { state: 'reversed' } } }]);
  });

  test('C6: reverses a writer’s month: each supporter gets theirs back', async () => {
    const before = await fees();
    await town.reverses(await town.holds({ recipientUserId: UserIdSchema.parse('wren'), month: first }));
    expect(await town.balanceOf('wren')).toEqual(nothingOwed);
    expect(await fees()).toBe(before - 70);
    expect([await refundedTo('dan'), await refundedTo('eve')]).toEqual([[600], [400]]);
  });

  test('C6, D8: reverses what was paid out already: the writer owes it', async () => {
    expect(closed.writer('walt')).toMatchObject({ payoutStatus: 'paid' });
    const hold = await town.holds({ line: lineOf('fay', 'walt') });
    expect(await town.balanceOf('walt')).toEqual(nothingOwed);
    await town.reverses(hold);
    expect(await town.balanceOf('walt')).toEqual({ ...nothingOwed, owes: 2_790 });
    expect(await refundedTo('fay')).toEqual([3_000]);
  });

  test('C6, E5: reverses a line while its payment is refunded, too: no cent goes back twice', async () => {
    const hold = await town.holds({ line: lineOf('hal', 'wax') });
    const payment_intent = await town.paymentOf('hal');
    await Promise.all([town.reverses(hold), town.platform.stripe.refunds.create({ payment_intent, amount: 800 })]);
    await town.settled();
    expect(await town.balanceOf('wax')).toEqual(nothingOwed);
    // If the reversal comes first, the refund is of all that is left; else it has taken 533 of the line before.
    const sum = (await refundedTo('hal')).reduce((total, amount) => total + amount, 0);
    expect([1_500, 1_500 - 233]).toContain(sum);
  });

  test('C6, D2: holds a line, which is not paid until it is released, and is paid then', async () => {
    const hold = await town.holds({ line: lineOf('ada', 'wim') });
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, held: 1_860 });
    await booksHold(town);

    const second = await town.beginsStory();
    await town.gives('bea', 2_000, { wim: 2_000 });
    expect((await town.closes(second)).writer('wim')).toMatchObject({
      payoutReason: 'on_hold',
      carriedOverCents: 1_860,
    });
    await town.releases(hold);
    expect(await town.balanceOf('wim')).toEqual({ ...nothingOwed, payable: 3_720 });
    // 2.9 % of it are 108, and 30 ¢.
    const paid = { payoutStatus: 'paid', payoutGrossCents: 3_720, processingFeeCents: 138, payoutNetCents: 3_582 };
    expect((await town.closes(nextMonth(second))).writer('wim')).toMatchObject(paid);
  });

  test('A11: blocks a writer, who gets nothing at the cutoff, and opens them again, the plan untouched', async () => {
    expect(closed.supporter('gil')).toMatchObject({ budgetCents: 2_000, fundedCents: 1_200, unallocatedCents: 800 });
    expect(closed.writer('wolf')).toBeUndefined();
    await town.opens('wolf');
    const opened = await town.closes(await town.beginsStory());
    expect([opened.writer('wolf')?.grossCents, opened.writer('wyn')?.grossCents]).toEqual([800, 1_200]);
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
