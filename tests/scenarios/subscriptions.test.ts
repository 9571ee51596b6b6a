import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cutoffOf, firstInstantOf, month, nextMonth } from '@wewrite/contracts';
import { booksHold } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { middleOf } from './place.ts';
import { deadlineMs, openTown, type Town } from './town.ts';

jest.setTimeout(deadlineMs);

let town: Town;
beforeAll(async () => {
  town = await openTown({ firstMonth: month('2026-01') });
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

const refusedAs = (code: string) => ({ problem: { code } });

describe('a subscription that shrinks', () => {
  test('A6: below the plan it keeps the plan, which can then only be lowered, and all lines are funded alike', async () => {
    const first = await town.beginsStory();
    await town.writes(['wim', 'will']);
    await town.subscribes('ada', 3_000);
    await town.allocates('ada', { wim: 1_000, will: 500 });
    const changed = await town.changesAmount('ada', 1_000, 'next_month');
    expect(changed).toMatchObject({ monthlyCents: 3_000, nextMonthlyCents: 1_000 });
    expect((await town.closes(first)).supporter('ada')).toMatchObject({ fundedCents: 1_500, unfundedCents: 0 });

    expect(await town.planOf('ada')).toMatchObject({ totalCents: 1_000, allocatedCents: 1_500, overspentCents: 500 });
    await expect(town.allocates('ada', { wim: 1_100 })).rejects.toMatchObject(refusedAs('over_allocated'));
    await town.allocates('ada', { will: 250 });
    expect(await town.planOf('ada')).toMatchObject({ allocatedCents: 1_250, overspentCents: 250 });
    const second = await town.closes(nextMonth(first));
    expect(second.supporter('ada')).toEqual({
      budgetCents: 1_000,
      fundedCents: 1_000,
      unallocatedCents: 0,
      unfundedCents: 250,
    });
    expect([second.writer('wim')?.grossCents, second.writer('will')?.grossCents]).toEqual([800, 200]);
    await town.cancels('ada');
  });
});

describe('a month that is not paid', () => {
  test('A1, A7, E4: pauses the plan, and the next one that is paid funds it as it was', async () => {
    const first = await town.beginsStory();
    await town.writes(['wes', 'wolf']);
    await town.gives('bob', 1_000, { wes: 1_000 });
    await town.subscribes('dee', 2_000);
    await town.allocates('dee', { wolf: 1_000 });
    await town.changesCard('dee', 'pm_card_chargeCustomerFail');
    const paid = await town.closes(first);
    expect([paid.writer('wes')?.grossCents, paid.writer('wolf')?.grossCents]).toEqual([1_000, 1_000]);

    // bob's subscription has ended; dee's renewal may still be paid.
    const second = nextMonth(first);
    expect(await town.subscriptionOf('bob')).toMatchObject({ state: 'ended' });
    expect(await town.planOf('bob')).toMatchObject({ funding: 'none', totalCents: 0, allocatedCents: 1_000 });
    expect(await town.subscriptionOf('dee')).toMatchObject({ state: 'past_due' });
    expect(await town.planOf('dee')).toMatchObject({ funding: 'expected', totalCents: 2_000 });
    await town.at(cutoffOf(second));
    await town.changesCard('dee', 'pm_card_visa');
    const unpaid = await town.closes(second);
    const nothing = { budgetCents: 0, fundedCents: 0, unallocatedCents: 0, unfundedCents: 1_000 };
    expect([unpaid.supporter('bob'), unpaid.supporter('dee')]).toEqual([nothing, nothing]);
    expect([unpaid.writer('wes')?.grossCents, unpaid.writer('wolf')?.grossCents]).toEqual([0, 0]);
    expect((await town.invoicesOf('dee')).map(({ status }) => status)).toEqual(['paid', 'void', 'paid']);

    const third = await town.beginsStory();
    expect(await town.subscriptionOf('dee')).toMatchObject({ state: 'active' });
    await town.paysOnce('bob', 1_000);
    expect(await town.planOf('bob')).toMatchObject({ totalCents: 1_000, availableCents: 0, overspentCents: 0 });
    await town.cancels('dee');
    const back = await town.closes(third);
    expect(back.supporter('dee')).toMatchObject({ budgetCents: 2_000, fundedCents: 1_000, unallocatedCents: 1_000 });
    expect([back.writer('wes')?.grossCents, back.writer('wolf')?.grossCents]).toEqual([1_000, 1_000]);
  });
});

describe('a subscription that grows', () => {
  test('E3: a raise is prorated and can be given away at once; of less than 50 ¢ it waits; unpaid there is none', async () => {
    const first = await town.beginsStory();
    await town.writes(['walt']);
    await town.subscribes('cal', 2_000);
    const quarterMs = (cutoffOf(first).getTime() - firstInstantOf(first).getTime()) / 4;
    await town.at(new Date(middleOf(first).getTime() + quarterMs));
    await expect(town.allocates('cal', { walt: 1_500 })).rejects.toMatchObject(refusedAs('over_allocated'));
    // A quarter of 2,000 more; then of 100 more it would be 25.
    await town.changesAmount('cal', 4_000);
    await town.allocates('cal', { walt: 1_500 });
    expect(await town.changesAmount('cal', 4_100)).toMatchObject({ monthlyCents: 4_000, nextMonthlyCents: 4_100 });
    await town.changesCard('cal', 'pm_card_chargeCustomerFail');
    expect((await town.closes(first)).supporter('cal')).toMatchObject({ budgetCents: 1_500, fundedCents: 1_500 });

    const second = nextMonth(first);
    expect(await town.subscriptionOf('cal')).toMatchObject({ state: 'past_due', monthlyCents: 4_100 });
    await expect(town.changesAmount('cal', 6_000)).rejects.toMatchObject(refusedAs('payment_pending'));
    await town.changesCard('cal', 'pm_card_visa');
    await town.paysOpenInvoice('cal');
    await town.at(middleOf(second));
    await town.changesAmount('cal', 6_100);
    await town.allocates('cal', { walt: 5_100 });
    await town.cancels('cal');
    const closed = await town.closes(second);
    // The renewal, and half of 2,000 more.
    expect(closed.supporter('cal')).toMatchObject({ budgetCents: 5_100, fundedCents: 5_100, unallocatedCents: 0 });
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
