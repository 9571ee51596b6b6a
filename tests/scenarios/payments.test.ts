import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { cutoffOf, month, nextMonth } from '@wewrite/contracts';
import { booksHold } from './books.ts';
import { centsAreExplained } from './chains.ts';
import { deadlineMs, openTown, type Town } from './town.ts';

jest.setTimeout(deadlineMs);

let town: Town;
beforeAll(async () => {
  town = await openTown({ firstMonth: month('2026-01') });
});
afterEach(() => booksHold(town));
afterAll(() => town.stop());

const minuteMs = 60_000;
const refusedAs = (code: string) => ({ problem: { code } });

describe('a payment around the cutoff', () => {
  test('E7: a second before it funds its month; a second after it goes back in full, and funds nothing', async () => {
    const first = await town.beginsStory();
    await town.writes(['wim']);
    for (const supporter of ['eve', 'fay']) {
      await town.subscribes(supporter, 2_000);
      await town.allocates(supporter, { wim: 1_000 });
      await town.changesCard(supporter, 'pm_card_chargeCustomerFail');
    }
    await town.closes(first);
    const second = nextMonth(first);
    for (const [supporter, secondsAfter] of [
      ['eve', -1],
      ['fay', 1],
    ] as const) {
      await town.at(new Date(cutoffOf(second).getTime() + secondsAfter * 1_000));
      await town.changesCard(supporter, 'pm_card_visa');
      await town.paysOpenInvoice(supporter);
    }
    const closed = await town.closes(second);
    expect(closed.supporter('eve')).toMatchObject({ budgetCents: 2_000, fundedCents: 1_000 });
    expect(closed.supporter('fay')).toMatchObject({ budgetCents: 0, fundedCents: 0, unfundedCents: 1_000 });
    const refunds = await town.platform.stripe.refunds.list({ payment_intent: await paymentForMonth('fay', second) });
    expect(refunds.data.map(({ amount, status }) => [amount, status])).toEqual([[2_000, 'succeeded']]);
    expect(await town.subscriptionOf('fay')).toMatchObject({ state: 'active' });
    for (const supporter of ['eve', 'fay']) await town.cancels(supporter);
  });

  async function paymentForMonth(supporter: string, of: string): Promise<string> {
    const invoices = await town.invoicesOf(supporter);
    const invoice = invoices.find(({ months }) => months.some((part) => part.month === of));
    const { data } = await town.platform.stripe.invoicePayments.list({ invoice: invoice?.invoiceId ?? '' });
    return String(data[0]?.payment.payment_intent);
  }
});

describe('a card whose holder has to be there', () => {
  const card = 'pm_card_authenticationRequired';

  test('E3, E4: it pays on Stripe’s page, and a renewal and a raise count once their holder has confirmed them', async () => {
    const first = await town.beginsStory();
    await town.writes(['wes']);
    await expect(town.subscribes('gil', 2_000, card)).rejects.toMatchObject(refusedAs('payment_failed'));
    const url = await town.opensCheckout('gil', 2_000);
    expect(await town.subscriptionOf('gil')).toMatchObject({ state: 'creating' });
    await expect(town.allocates('gil', { wes: 1_000 })).rejects.toMatchObject(refusedAs('over_allocated'));
    await town.completesCheckout(url, card);
    await town.allocates('gil', { wes: 1_000 });
    expect((await town.closes(first)).supporter('gil')).toMatchObject({ budgetCents: 1_000, fundedCents: 1_000 });

    expect(await town.subscriptionOf('gil')).toMatchObject({ state: 'past_due' });
    await town.authenticates('gil');
    expect(await town.subscriptionOf('gil')).toMatchObject({ state: 'active' });
    const second = await town.beginsStory();
    const { waitingRaise } = await town.changesAmount('gil', 4_000);
    expect(waitingRaise).toMatchObject({ monthlyCents: 4_000 });
    expect(await town.planOf('gil')).toMatchObject({ totalCents: 2_000 });
    await town.authenticates('gil');
    await town.allocates('gil', { wes: 3_000 });
    await town.cancels('gil');
    const closed = await town.closes(second);
    expect(closed.supporter('gil')).toMatchObject({ budgetCents: 3_000, fundedCents: 3_000 });
    expect(closed.writer('wes')).toMatchObject({ payoutStatus: 'paid', payoutGrossCents: 930 + 2_790 });
  });
});

describe('a renewal that nobody told of', () => {
  test('E6: the sweep finds it, and its month is funded', async () => {
    const first = await town.beginsStory();
    await town.writes(['will']);
    await town.subscribes('hal', 2_000);
    await town.allocates('hal', { will: 1_000 });
    const second = nextMonth(first);
    await town.fallsSilent();
    await town.at(new Date(cutoffOf(first).getTime() + 90 * minuteMs));
    expect(await town.planOf('hal')).toMatchObject({ month: second, funding: 'expected', totalCents: 2_000 });
    const swept = await town.sweeps(second);
    expect(swept).toMatchObject({ repairedInvoices: [expect.any(String)], missing: [], unknown: [] });
    expect(await town.planOf('hal')).toMatchObject({ month: second, funding: 'paid', totalCents: 2_000 });
    await town.speaksAgain();
    expect((await town.closes(first)).supporter('hal')).toMatchObject({ budgetCents: 1_000, fundedCents: 1_000 });
    await town.cancels('hal');
    const closed = await town.closes(second);
    expect(closed.supporter('hal')).toMatchObject({ budgetCents: 2_000, fundedCents: 1_000, unallocatedCents: 1_000 });
  });
});

test('every cent of these stories is explained, step by step', () => centsAreExplained(town));
