import { basisPointsOf, type Cents, cents, type Forecast, type Month, nextMonth } from '@wewrite/contracts';

/** A change that is planned, or a span that runs (A9). */
export interface OpenSchedule {
  readonly kind: 'set' | 'add';
  readonly usdCents: Cents;
  readonly fromMonth: Month;
  /** The last month of an `add`; null for a `set`. */
  readonly throughMonth: Month | null;
  readonly state: 'planned' | 'begun';
}

/** One wish of a supporter that schedules will change. */
export interface ScheduledWish {
  readonly standingCents: Cents;
  readonly schedules: readonly OpenSchedule[];
}

/** Supporters who were funded in a month, and how many of them were not in the next. */
export interface SeenMonth {
  readonly supporterCount: number;
  readonly lapsedCount: number;
}

const wholeBasisPoints = 10_000;

/**
 * What a wish will be in a month: the newest change that takes place by then, and the spans that include it. What stands
 * now includes the spans that run, and each of them ends by itself.
 */
export function wishIn(month: Month, { standingCents, schedules }: ScheduledWish): Cents {
  const spans = schedules.filter((schedule) => schedule.kind === 'add');
  const running = spans.filter((span) => span.state === 'begun');
  const ownCents = running.reduce((left, span) => left - span.usdCents, Number(standingCents));
  const change = schedules
    .filter(({ kind, state, fromMonth }) => kind === 'set' && state === 'planned' && fromMonth <= month)
    .toSorted((a, b) => a.fromMonth.localeCompare(b.fromMonth))
    .at(-1);
  const added = spans.filter(
    ({ state, fromMonth, throughMonth }) =>
      (state === 'begun' || fromMonth <= month) && (throughMonth === null || month <= throughMonth),
  );
  return cents(added.reduce((sum, span) => sum + span.usdCents, Math.max(0, change?.usdCents ?? ownCents)));
}

/**
 * C5: the share of supporters who lapse from one month to the next. The range holds the best and the worst month seen, and
 * is never narrower than one standard error of the share: few supporters say little.
 */
export function lapseOf(seen: readonly SeenMonth[]): Forecast['lapse'] {
  const months = seen.filter((month) => month.supporterCount > 0);
  if (months.length === 0) return null;
  const sum = (count: keyof SeenMonth) => months.reduce((total, month) => total + month[count], 0);
  const supporterCount = sum('supporterCount');
  const share = sum('lapsedCount') / supporterCount;
  const error = Math.sqrt((share * (1 - share)) / supporterCount);
  const shares = months.map((month) => month.lapsedCount / month.supporterCount);
  return {
    lowBasisPoints: basisPoints(Math.min(share - error, ...shares)),
    expectedBasisPoints: basisPoints(share),
    highBasisPoints: basisPoints(Math.max(share + error, ...shares)),
    monthsSeen: months.length,
  };
}

function basisPoints(share: number): number {
  return Math.round(Math.min(1, Math.max(0, share)) * wholeBasisPoints);
}

/** C5: the three months after the running one. */
export function forecastMonths(
  running: Month,
  known: {
    readonly standingCents: Cents;
    readonly wishes: readonly ScheduledWish[];
    readonly lapse: Forecast['lapse'];
    readonly feeBasisPoints: number;
  },
): Forecast['months'] {
  const { lapse } = known;
  const forecast: Forecast['months'] = [];
  for (let month = nextMonth(running), ahead = 1; ahead <= 3; month = nextMonth(month), ahead++) {
    const plannedGrossCents = plannedIn(month, known);
    const netAfter = (lapseBasisPoints: number) => {
      let grossCents = plannedGrossCents;
      for (let passed = 0; passed < ahead; passed++) {
        grossCents = basisPointsOf(grossCents, wholeBasisPoints - lapseBasisPoints);
      }
      return cents(grossCents - basisPointsOf(grossCents, known.feeBasisPoints));
    };
    forecast.push({
      month,
      plannedGrossCents,
      lowNetCents: netAfter(lapse?.highBasisPoints ?? 0),
      expectedNetCents: netAfter(lapse?.expectedBasisPoints ?? 0),
      highNetCents: netAfter(lapse?.lowBasisPoints ?? 0),
    });
  }
  return forecast;
}

/** C5: how steady net earnings were; null before there are two months. */
export function stabilityOf(netCents: readonly number[]): Forecast['stability'] {
  if (netCents.length < 2) return null;
  const mean = netCents.reduce((sum, net) => sum + net, 0) / netCents.length;
  const variance = netCents.reduce((sum, net) => sum + (net - mean) ** 2, 0) / netCents.length;
  const deviation = Math.sqrt(variance);
  return {
    months: netCents.length,
    meanNetCents: cents(Math.round(mean)),
    standardDeviationCents: cents(Math.round(deviation)),
    variationBasisPoints: mean === 0 ? null : Math.round((deviation / mean) * wholeBasisPoints),
  };
}

function plannedIn(
  month: Month,
  { standingCents, wishes }: { standingCents: Cents; wishes: readonly ScheduledWish[] },
): Cents {
  return cents(wishes.reduce((sum, wish) => sum + wishIn(month, wish) - wish.standingCents, Number(standingCents)));
}
