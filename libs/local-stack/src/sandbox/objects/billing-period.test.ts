import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { billingMonth, prorate } from './billing-period.ts';

const first = { day: 1, hour: 0, minute: 0, second: 0 };
const at = (instant: string) => Date.parse(instant) / 1000;
const shown = ({ start, end }: { start: number; end: number }) =>
  [start, end].map((seconds) => new Date(seconds * 1000).toISOString().slice(0, 19));

describe('billing months', () => {
  test('begin on their anchor, not a second before', () => {
    expect(shown(billingMonth(first, at('2026-12-01T00:00:00Z')))).toEqual([
      '2026-12-01T00:00:00',
      '2027-01-01T00:00:00',
    ]);
    expect(shown(billingMonth(first, at('2026-11-30T23:59:59Z')))).toEqual([
      '2026-11-01T00:00:00',
      '2026-12-01T00:00:00',
    ]);
  });

  test('take the last day where theirs is missing, leap years included', () => {
    const last = { ...first, day: 31 };
    expect(shown(billingMonth(last, at('2028-02-10T00:00:00Z')))).toEqual([
      '2028-01-31T00:00:00',
      '2028-02-29T00:00:00',
    ]);
    expect(shown(billingMonth(last, at('2027-02-28T00:00:00Z')))).toEqual([
      '2027-02-28T00:00:00',
      '2027-03-31T00:00:00',
    ]);
  });

  test('follow each other without gap or overlap', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 31 }), fc.integer({ min: 0, max: 4_000_000_000 }), (day, instant) => {
        const month = billingMonth({ ...first, day }, instant);
        expect(month.start <= instant && instant < month.end).toBe(true);
        expect(billingMonth({ ...first, day }, month.end).start).toBe(month.end);
      }),
    );
  });
});

test('a prorated part is never more than the whole, rounded half up, exact for large amounts', () => {
  const month = billingMonth(first, at('2026-11-15T00:00:00Z'));
  expect(prorate(1000, { start: at('2026-11-16T00:00:00Z'), end: month.end }, month)).toBe(500);
  expect(prorate(1, { start: at('2026-11-16T00:00:00Z'), end: month.end }, month)).toBe(1);
  expect(prorate(1, { start: at('2026-11-16T00:00:01Z'), end: month.end }, month)).toBe(0);
  expect(prorate(99_999_999, month, month)).toBe(99_999_999);
});
