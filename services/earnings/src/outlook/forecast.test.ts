import { describe, expect, test } from '@jest/globals';
import { cents, month } from '@wewrite/contracts';
import { forecastMonths, lapseOf, type OpenSchedule, stabilityOf, wishIn } from './forecast.ts';

const set = (fromMonth: string, usdCents: number): OpenSchedule => ({
  kind: 'set',
  usdCents: cents(usdCents),
  fromMonth: month(fromMonth),
  throughMonth: null,
  state: 'planned',
});
const add = (
  fromMonth: string,
  throughMonth: string,
  usdCents: number,
  state: OpenSchedule['state'] = 'planned',
): OpenSchedule => ({
  kind: 'add',
  usdCents: cents(usdCents),
  fromMonth: month(fromMonth),
  throughMonth: month(throughMonth),
  state,
});

describe('a wish in a month to come', () => {
  const wishesFrom = (standingCents: number, schedules: readonly OpenSchedule[]) =>
    ['2026-12', '2027-01', '2027-02', '2027-03'].map((of) =>
      wishIn(month(of), { standingCents: cents(standingCents), schedules }),
    );

  test.each([
    ['stays what it is', 500, [], [500, 500, 500, 500]],
    ['is changed from a month on', 500, [set('2027-01', 800)], [500, 800, 800, 800]],
    ['follows the newest change', 500, [set('2027-02', 100), set('2027-01', 800)], [500, 800, 100, 100]],
    ['is more during a span', 500, [add('2027-01', '2027-02', 300)], [500, 800, 800, 500]],
    ['falls when a span that runs ends', 800, [add('2026-11', '2026-12', 300, 'begun')], [800, 500, 500, 500]],
    [
      'keeps a span over a change',
      800,
      [add('2026-11', '2027-01', 300, 'begun'), set('2027-01', 200)],
      [800, 500, 200, 200],
    ],
    ['begins with a span alone', 0, [add('2027-02', '2027-02', 150)], [0, 0, 150, 0]],
    ['ends when it is set to 0', 500, [set('2027-03', 0)], [500, 500, 500, 0]],
  ])('A9, C5: %s', (_, standing, schedules, expected) => {
    expect(wishesFrom(standing, schedules)).toEqual(expected);
  });
});

describe('the forecast', () => {
  test('C5: nothing seen is no rate; a month without supporters says nothing', () => {
    expect(lapseOf([])).toBeNull();
    expect(lapseOf([{ supporterCount: 0, lapsedCount: 0 }])).toBeNull();
  });

  test('C5: the rate is over all months seen; the range holds the best and the worst of them', () => {
    expect(
      lapseOf([
        { supporterCount: 10, lapsedCount: 1 },
        { supporterCount: 30, lapsedCount: 9 },
      ]),
    ).toEqual({ lowBasisPoints: 1_000, expectedBasisPoints: 2_500, highBasisPoints: 3_185, monthsSeen: 2 });
  });

  test('C5: one month of few supporters gives a wide range, of many a narrow one', () => {
    expect(lapseOf([{ supporterCount: 10, lapsedCount: 1 }])).toMatchObject({
      lowBasisPoints: 51,
      expectedBasisPoints: 1_000,
      highBasisPoints: 1_949,
    });
    expect(lapseOf([{ supporterCount: 100_000, lapsedCount: 10_000 }])).toMatchObject({
      lowBasisPoints: 991,
      highBasisPoints: 1_009,
    });
    expect(lapseOf([{ supporterCount: 3, lapsedCount: 3 }])).toMatchObject({ lowBasisPoints: 10_000 });
  });

  test('C5: each month ahead loses supporters once more; the range is between the worst and the best month', () => {
    const lapse = { lowBasisPoints: 0, expectedBasisPoints: 1_000, highBasisPoints: 5_000, monthsSeen: 3 };
    const known = { standingCents: cents(10_000), wishes: [], lapse, feeBasisPoints: 700 };
    expect(forecastMonths(month('2026-11'), known)).toEqual([
      { month: '2026-12', plannedGrossCents: 10_000, lowNetCents: 4_650, expectedNetCents: 8_370, highNetCents: 9_300 },
      { month: '2027-01', plannedGrossCents: 10_000, lowNetCents: 2_325, expectedNetCents: 7_533, highNetCents: 9_300 },
      { month: '2027-02', plannedGrossCents: 10_000, lowNetCents: 1_162, expectedNetCents: 6_780, highNetCents: 9_300 },
    ]);
  });

  test('C5: scheduled changes are counted once each', () => {
    const wishes = [{ standingCents: cents(500), schedules: [set('2027-01', 800)] }];
    const known = { standingCents: cents(2_000), wishes, lapse: null, feeBasisPoints: 0 };
    expect(forecastMonths(month('2026-11'), known).map((one) => one.plannedGrossCents)).toEqual([2_000, 2_300, 2_300]);
  });

  test('C5: stability is the deviation of months, also as a share of their mean', () => {
    expect(stabilityOf([100])).toBeNull();
    expect(stabilityOf([0, 0])).toMatchObject({ standardDeviationCents: 0, variationBasisPoints: null });
    expect(stabilityOf([900, 1_100])).toEqual({
      months: 2,
      meanNetCents: 1_000,
      standardDeviationCents: 100,
      variationBasisPoints: 1_000,
    });
  });
});
