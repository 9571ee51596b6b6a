import { describe, expect, test } from '@jest/globals';
import { month } from '@wewrite/contracts';
import { closeRunOf, isBackfill, laterMonths, monthsBetween, urgencyAt } from './month-close.ts';

describe('the close of a month', () => {
  test('B2: its run has the same id whoever starts it', () => {
    expect(closeRunOf(month('2026-11'))).toEqual(closeRunOf(month('2026-11')));
    expect(closeRunOf(month('2026-11')).runId).not.toBe(closeRunOf(month('2026-12')).runId);
  });

  test('A8: it is late once the month after is over, too', () => {
    expect(isBackfill(month('2026-11'), new Date('2026-12-31T23:59:59.999Z'))).toBe(false);
    expect(isBackfill(month('2026-11'), new Date('2027-01-01T00:00:00.000Z'))).toBe(true);
    expect(monthsBetween(month('2026-11'), month('2027-01'))).toEqual(['2026-11', '2026-12', '2027-01']);
  });

  test('changes of what stood at the cutoff are looked for up to the month after the running one', () => {
    expect(laterMonths(month('2026-11'), new Date('2026-11-30T23:59:59.999Z'))).toEqual(['2026-12']);
    expect(laterMonths(month('2026-11'), new Date('2026-12-01T00:00:00.000Z'))).toEqual(['2026-12', '2027-01']);
    expect(laterMonths(month('2026-12'), new Date('2026-12-31T23:59:59.999Z'))).toEqual(['2027-01']);
  });
});

describe('urgency', () => {
  test.each([
    ['2026-11-23T23:59:59.999Z', 'calm'],
    ['2026-11-24T00:00:00.000Z', 'soon'],
    ['2026-11-30T00:00:00.000Z', 'urgent'],
    ['2026-11-30T23:00:00.000Z', 'final'],
    ['2026-12-01T00:00:00.000Z', 'calm'],
  ])('at %s it is %s', (instant, urgency) => {
    expect(urgencyAt(new Date(instant))).toBe(urgency);
  });
});
