import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { cutoffOf, firstInstantOf, month, nextMonth } from '@wewrite/contracts';
import { booksHold } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { middleOf } from './place.ts';
import { openTown, type Town } from './town.ts';

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
    for (const writer of ['wim', 'will']) await town.writes(writer);
    await town.subscribes('ada', 3_000);
    await town.closes(first);
    await town.allocates('ada', { wim: 2_000, will: 1_000 });
    const changed = await town.changesAmount('ada', 1_000, 'next_month');
    expect(changed).toMatchObject({ monthlyCents: 3_000, nextMonthlyCents: 1_000 });
    const second = nextMonth(first);
    expect((await town.closes(second)).supporter('ada')).toMatchObject({ fundedCents: 3_000, unfundedCents: 0 });

    expect(await town.planOf('ada')).toMatchObject({ totalCents: 1_000, allocatedCents: 3_000, overspentCents: 2_000 });
    await expect(town.allocates('ada', { wim: 2_100 })).rejects.toMatchObject(refusedAs('over_allocated'));
    await town.allocates('ada', { will: 500 });
    expect(await town.planOf('ada')).toMatchObject({ allocatedCents: 2_500, overspentCents: 1_500 });
    const third = await town.closes(nextMonth(second));
    expect(third.supporter('ada')).toEqual({
      budgetCents: 1_000,
      fundedCents: 1_000,
      unallocatedCents: 0,
      unfundedCents: 1_500,
    });
    expect([third.writer('wim')?.grossCents, third.writer('will')?.grossCents]).toEqual([800, 200]);
    await town.cancels('ada');
  });

  test('A1, A7: one that ends pauses the plan, and one that begins again funds it as it was', async () => {
    const first = await town.beginsStory();
    for (const writer of ['wes', 'wren']) await town.writes(writer);
    await town.paysOnce('bob', 1_000);
    await town.allocates('bob', { wes: 600, wren: 400 });
    expect((await town.closes(first)).supporter('bob')).toMatchObject({ fundedCents: 1_000 });

    const second = nextMonth(first);
    expect(await town.subscriptionOf('bob')).toMatchObject({ state: 'ended' });
    expect(await town.planOf('bob')).toMatchObject({ funding: 'none', totalCents: 0, allocatedCents: 1_000 });
    const lapsed = await town.closes(second);
    expect(lapsed.supporter('bob')).toMatchObject({ budgetCents: 0, fundedCents: 0, unfundedCents: 1_000 });
    expect(lapsed.writer('wes')).toMatchObject({ grossCents: 0 });

    const third = await town.beginsStory();
    await town.paysOnce('bob', 1_000);
    expect(await town.planOf('bob')).toMatchObject({ totalCents: 1_000, availableCents: 0, overspentCents: 0 });
    const back = await town.closes(third);
    expect([back.writer('wes')?.grossCents, back.writer('wren')?.grossCents]).toEqual([600, 400]);
  });
});

describe('a subscription that grows', () => {
  test('E3: a raise is prorated and can be given away at once; of less than 50 ¢ it waits; unpaid there is none', async () => {
    const first = await town.beginsStory();
    await town.writes('walt');
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

describe('a renewal that fails', () => {
  test('E4, A7: given up at the cutoff its month is unfunded, and the next one that is paid is funded again', async () => {
    const first = await town.beginsStory();
    await town.writes('wolf');
    await town.subscribes('dee', 2_000);
    await town.allocates('dee', { wolf: 1_000 });
    await town.changesCard('dee', 'pm_card_chargeCustomerFail');
    await town.closes(first);
    const second = nextMonth(first);
    expect(await town.planOf('dee')).toMatchObject({ funding: 'expected', totalCents: 2_000 });
    await town.at(cutoffOf(second));
    await town.changesCard('dee', 'pm_card_visa');
    const unpaid = await town.closes(second);
    expect(unpaid.supporter('dee')).toMatchObject({ budgetCents: 0, unfundedCents: 1_000 });
    expect((await town.invoicesOf('dee')).map(({ status }) => status)).toEqual(['paid', 'void', 'paid']);
    expect(await town.subscriptionOf('dee')).toMatchObject({ state: 'active' });
    const paid = await town.closes(nextMonth(second));
    expect(paid.supporter('dee')).toMatchObject({ budgetCents: 2_000, fundedCents: 1_000, unallocatedCents: 1_000 });
    await town.cancels('dee');
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
