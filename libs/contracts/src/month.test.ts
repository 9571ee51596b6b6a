import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { cutoffOf, firstInstantOf, MonthSchema, month, monthOf, nextMonth, previousMonth } from './month.ts';

const anyInstant = fc.date({ min: new Date('1970-02-01'), max: new Date('9999-11-30'), noInvalidDate: true });

describe('month', () => {
  test('A4: a month is written YYYY-MM and nothing else', () => {
    for (const text of [
      '2026-13',
      '2026-00',
      '2026-1',
      '26-11',
      '2026-11-01',
      ' 2026-11',
      '2026-11\n',
      '2026/11',
      '',
    ]) {
      expect(MonthSchema.safeParse(text).success).toBe(false);
    }
    expect(month('2026-11')).toBe('2026-11');
  });

  test('B1: the last millisecond belongs to the month, the cutoff to the next', () => {
    expect(monthOf(new Date('2026-11-30T23:59:59.999Z'))).toBe('2026-11');
    expect(monthOf(new Date('2026-12-01T00:00:00.000Z'))).toBe('2026-12');
    expect(cutoffOf(month('2026-11')).toISOString()).toBe('2026-12-01T00:00:00.000Z');
  });

  test('B1: cutoffs hold over leap days and the turn of the year', () => {
    expect(cutoffOf(month('2024-02')).toISOString()).toBe('2024-03-01T00:00:00.000Z');
    expect(cutoffOf(month('2026-12')).toISOString()).toBe('2027-01-01T00:00:00.000Z');
    expect(previousMonth(month('2027-01'))).toBe('2026-12');
    expect(nextMonth(month('2026-12'))).toBe('2027-01');
  });

  test('B1: every instant lies in its month, from the first instant to just before the cutoff', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        const of = monthOf(instant);
        expect(firstInstantOf(of).getTime()).toBeLessThanOrEqual(instant.getTime());
        expect(instant.getTime()).toBeLessThan(cutoffOf(of).getTime());
      }),
    );
  });

  test('B1: months follow each other without a gap, and back again', () => {
    fc.assert(
      fc.property(anyInstant, (instant) => {
        const of = monthOf(instant);
        expect(firstInstantOf(nextMonth(of))).toEqual(cutoffOf(of));
        expect(previousMonth(nextMonth(of))).toBe(of);
        expect(MonthSchema.parse(nextMonth(of)) > of).toBe(true);
      }),
    );
  });

  test('B1: four hundred years of months are as long as the calendar says, leap years among them', () => {
    const dayMs = 86_400_000;
    const lengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let of = month('2000-01');
    for (let year = 2000; year < 2400; year++) {
      const isLeapYear = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
      for (const [index, days] of lengths.entries()) {
        const first = firstInstantOf(of);
        expect(of).toBe(`${year}-${String(index + 1).padStart(2, '0')}`);
        expect((cutoffOf(of).getTime() - first.getTime()) / dayMs).toBe(index === 1 && isLeapYear ? 29 : days);
        of = nextMonth(of);
      }
    }
    expect(of).toBe('2400-01');
  });

  test('A5: clocks that are off by up to a day disagree by one month at most, and only within a day of its turn', () => {
    const dayMs = 86_400_000;
    fc.assert(
      fc.property(anyInstant, fc.integer({ min: -dayMs, max: dayMs }), (instant, offMs) => {
        const [right, wrong] = [monthOf(instant), monthOf(new Date(instant.getTime() + offMs))];
        if (right === wrong) return;
        expect(wrong).toBe(offMs > 0 ? nextMonth(right) : previousMonth(right));
        const turn = offMs > 0 ? cutoffOf(right) : firstInstantOf(right);
        expect(Math.abs(turn.getTime() - instant.getTime())).toBeLessThanOrEqual(dayMs);
      }),
    );
  });
});
