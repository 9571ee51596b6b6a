import { describe, expect, test } from '@jest/globals';
import { cents, month } from '@wewrite/contracts';
import { type InvoiceReading, isStale, judgePaidInvoice, monthsOf } from './invoice.ts';

const november = month('2026-11');
const december = month('2026-12');

function line(amountCents: number, start: string, end: string) {
  return { amountCents: cents(amountCents), start: new Date(start), end: new Date(end) };
}

const wholeNovember = line(1_000, '2026-11-01T00:00:00Z', '2026-12-01T00:00:00Z');

function paid(given: Partial<InvoiceReading> = {}): InvoiceReading {
  const lines = given.lines ?? [wholeNovember];
  const totalCents = given.totalCents ?? cents(lines.reduce((sum, each) => sum + each.amountCents, 0));
  return {
    id: 'in_1',
    causeEventId: null,
    stripeSubscriptionId: 'sub_1',
    subscriptionId: null,
    status: 'paid',
    isRaise: false,
    currency: 'usd',
    createdAt: new Date('2026-11-01T00:00:00Z'),
    paidAt: new Date('2026-11-01T01:00:00Z'),
    totalCents,
    amountPaidCents: totalCents,
    strayCents: [cents(0)],
    lines,
    payments: [{ paymentIntentId: 'pi_1', chargeId: 'ch_1', amountCents: totalCents, balance: null }],
    ...given,
  };
}

function judged(given: Partial<InvoiceReading> = {}, closed: readonly string[] = []) {
  const judgement = judgePaidInvoice(paid(given), { isKnown: true, closedMonths: new Set(closed.map(month)) });
  return judgement.outcome === 'funded' ? Object.fromEntries(judgement.months) : judgement.reason;
}

describe('what an invoice is for', () => {
  test('E7: the month of a line is that of its period’s start, UTC', () => {
    const lines = [
      line(100, '2026-11-30T23:59:59Z', '2026-12-01T00:00:00Z'),
      line(200, '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z'),
    ];
    expect(Object.fromEntries(monthsOf(lines))).toEqual({ '2026-11': 100, '2026-12': 200 });
  });

  test('E7: credits are taken off their month', () => {
    const credit = line(-400, '2026-11-10T00:00:00Z', '2026-12-01T00:00:00Z');
    expect(judged({ lines: [wholeNovember, credit] })).toEqual({ [november]: 600 });
  });

  test('E1: an invoice with lines of two months funds both', () => {
    const lines = [wholeNovember, line(300, '2026-12-01T00:00:00Z', '2027-01-01T00:00:00Z')];
    expect(judged({ lines })).toEqual({ [november]: 1_000, [december]: 300 });
  });

  test('E1: a line that ends a second after its month crosses months', () => {
    expect(judged({ lines: [line(1_000, '2026-11-01T00:00:00Z', '2026-12-01T00:00:01Z')] })).toBe('crosses_months');
  });

  test('E1: a month that comes to less than nothing is none', () => {
    const lines = [
      line(-100, '2026-11-01T00:00:00Z', '2026-11-02T00:00:00Z'),
      line(500, '2026-12-01T00:00:00Z', '2026-12-02T00:00:00Z'),
    ];
    expect(judged({ lines })).toBe('negative_month');
  });

  test.each<[string, Partial<InvoiceReading>]>([
    ['less was paid than it says', { amountPaidCents: cents(999) }],
    ['the lines come to something else', { totalCents: cents(1_001) }],
    ['the payments come to something else', { payments: [] }],
    ['there is tax, a discount, a balance or a credit note', { strayCents: [cents(0), cents(1)] }],
  ])('E1: it does not add up when %s', (_what, given) => {
    expect(judged(given)).toBe('does_not_add_up');
  });

  test('E1: another currency funds nothing', () => {
    expect(judged({ currency: 'eur' })).toBe('foreign_currency');
  });

  test('E1: an invoice of nobody we know funds nothing', () => {
    const judgement = judgePaidInvoice(paid(), { isKnown: false, closedMonths: new Set() });
    expect(judgement).toEqual({ outcome: 'suspended', reason: 'unknown_subscription' });
  });

  test.each([
    ['in the last second before the cutoff', '2026-11-30T23:59:59Z', { [november]: 1_000 }],
    ['at the cutoff', '2026-12-01T00:00:00Z', 'paid_late'],
    ['after it', '2026-12-05T00:00:00Z', 'paid_late'],
  ])('E7: paid %s', (_when, paidAt, expected) => {
    expect(judged({ paidAt: new Date(paidAt) })).toEqual(expected);
  });

  test('B7: a month whose funding is complete takes nothing more, even what was paid in time', () => {
    expect(judged({}, ['2026-11'])).toBe('month_closed');
    expect(judged({}, ['2026-10'])).toEqual({ [november]: 1_000 });
  });

  test('E3: an invoice over nothing funds nothing, and is in order', () => {
    expect(judged({ lines: [], payments: [] })).toEqual({});
  });

  test('E2: an invoice does not go back', () => {
    expect(isStale('paid', 'open')).toBe(true);
    expect(isStale('void', 'open')).toBe(true);
    expect(isStale('uncollectible', 'paid')).toBe(false);
    expect(isStale('open', 'open')).toBe(false);
  });
});
