import { cutoffOf, firstInstantOf, type Month, month, nextMonth } from '@wewrite/contracts';
import { type Chance, chanceOf } from './chance.ts';
import { plentyCents } from './funds.ts';
import { isOfAnyMoment, type PartName, partNames, parts, partsOfClose, type Theme, weightOf } from './parts.ts';
import type { PlottedAct } from './plotted-act.ts';
import { actsOfStorylines, anybody, isEven } from './storylines.ts';
import { type Town, townOf } from './town.ts';

/** A close that somebody starts: the months before it that were not closed are closed with it (A8). */
export interface PlottedClose {
  readonly month: Month;
  readonly at: string;
  /** Plan changes while it runs, and what befalls its payouts, in this order. */
  readonly meanwhile: readonly PlottedAct[];
  /** It is asked for twice. */
  readonly isDoubled: boolean;
}

/** All that a seed draws before anything happens. Whatever is left out, the rest stays as it was. */
export interface Plot {
  readonly seed: number;
  readonly town: Town;
  readonly escrow: 'storage' | 'connect';
  /** The platform's own money at Stripe in the beginning. */
  readonly capitalCents: number;
  readonly months: readonly [Month, ...Month[]];
  readonly acts: readonly PlottedAct[];
  readonly closes: readonly PlottedClose[];
  readonly rehearsals: readonly { readonly month: Month; readonly at: string }[];
}

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

/** The plot of a seed. */
export function plotOf(seed: number): Plot {
  const chance = chanceOf(seed, 'plot');
  const town = townOf(seed);
  const months = monthsOf(chance);
  const closes = closesOf(seed, town, months);
  const closed = closes.map((close) => close.month);
  const ends = new Date(Date.parse(closes.at(-1)?.at ?? '') + 10 * dayMs);
  return {
    seed,
    town,
    escrow: escrowOf(seed),
    capitalCents: capitalOf(seed),
    months,
    acts: [
      ...beginning(seed, town, months[0]),
      ...actsUntil(seed, town, months[0], ends),
      ...actsOfStorylines({ seed, town, months, closed, momentsOf: (of) => momentsOf(seed, of, ends) }),
    ].sort(byInstant),
    closes,
    rehearsals: months.flatMap((of) => rehearsalsOf(seed, of)),
  };
}

function escrowOf(seed: number): 'storage' | 'connect' {
  return chanceOf(seed, 'escrow').percent(50) ? 'storage' : 'connect';
}

/** As often as not enough that no payout ever waits for it; else next to nothing, so that payouts wait for what supporters have paid. */
function capitalOf(seed: number): number {
  const chance = chanceOf(seed, 'capital');
  return chance.weigh([
    [plentyCents, 1],
    [chance.between(0, 2_000), 1],
  ]);
}

/** Some months of some year, also those around the turn of a year and the end of a leap year's February. */
function monthsOf(chance: Chance): [Month, ...Month[]] {
  const first = month(`${chance.pick([2027, 2028])}-${String(chance.between(1, 12)).padStart(2, '0')}`);
  const months: [Month, ...Month[]] = [first];
  const count = chance.weigh([
    [1, 12],
    [2, 7],
    [3, 1],
  ]);
  for (let last = first; months.length < count; ) {
    last = nextMonth(last);
    months.push(last);
  }
  return months;
}

/** Writers come, supporters subscribe and plan: most of them in the first hours, some in the course of the month. */
function beginning(seed: number, { writers, supporters }: Town, first: Month): PlottedAct[] {
  const from = firstInstantOf(first);
  const acts: PlottedAct[] = writers.map(({ userId }) => actOf('arrive', userId, from));
  for (const { userId } of supporters) {
    const chance = chanceOf(seed, `beginning of ${userId}`);
    const isEarly = chance.percent(85);
    const at = isEarly ? from : chance.instant(from, cutoffOf(first));
    const way = chanceOf(seed, `way of ${userId}`).percent(15) ? 'checkOut' : 'subscribe';
    const plan = isEven(seed, userId) ? 'makeEvenPlan' : 'makePlan';
    acts.push(actOf(way, userId, at), actOf(plan, userId, new Date(at.getTime() + 1)));
  }
  return acts;
}

function actOf(part: PartName, who: string, at: Date): PlottedAct {
  return { name: `${part} of ${who}`, at: at.toISOString(), part, who };
}

/** The moments of a month at which people act. There are few: time passing is what costs a world the most. */
function momentsOf(seed: number, of: Month, ends: Date): readonly [Date, ...Date[]] {
  const chance = chanceOf(seed, `moments of ${of}`);
  const until = ends < cutoffOf(of) ? ends : cutoffOf(of);
  const draw = () => chance.instant(firstInstantOf(of), until);
  const moments: [Date, ...Date[]] = [draw()];
  for (let more = chance.between(0, 1); more > 0; more--) moments.push(draw());
  return moments.sort((a, b) => a.getTime() - b.getTime());
}

/** Drawn month by month: each has a number of acts, each of which draws at which of its moments, what and who by its own name. */
function actsUntil(seed: number, town: Town, first: Month, ends: Date): PlottedAct[] {
  const favourites = favouritesOf(seed);
  const acts: PlottedAct[] = [];
  for (let of = first; firstInstantOf(of) < ends; of = nextMonth(of)) {
    const moments = momentsOf(seed, of, ends);
    const count = chanceOf(seed, `acts of ${of}`).between(1, 5);
    for (let number = 0; number < count; number++) {
      const name = `${of} ${number}`;
      const chance = chanceOf(seed, `draw ${name}`);
      const at = chance.pick(moments);
      const part = chance.weigh(partNames.map((each) => [each, weightOf(each, favourites, of > first)] as const));
      acts.push({ name, at: at.toISOString(), part, who: anybody(chance, town, part) });
    }
  }
  return acts;
}

const themes: readonly Theme[] = ['plans', 'schedules', 'subscriptions', 'payments', 'writers', 'desk', 'attempts'];

function favouritesOf(seed: number): ReadonlySet<Theme> {
  const chance = chanceOf(seed, 'favourites');
  return new Set([chance.pick(themes), chance.pick(themes)]);
}

function closesOf(seed: number, town: Town, months: readonly Month[]): PlottedClose[] {
  return months.flatMap((of, index) => {
    const chance = chanceOf(seed, `close of ${of}`);
    const isMissed = index < months.length - 1 && chance.percent(12);
    if (isMissed) return [];
    const at = new Date(cutoffOf(of).getTime() + 9 * hourMs).toISOString();
    const meanwhile = meanwhileOf(seed, town, { of, at, isLast: index === months.length - 1 });
    return [{ month: of, at, meanwhile, isDoubled: chance.percent(20) }];
  });
}

interface CloseAt {
  readonly of: Month;
  readonly at: string;
  readonly isLast: boolean;
}

function meanwhileOf(seed: number, town: Town, close: CloseAt): PlottedAct[] {
  const plans = planChangesDuring(seed, town, close);
  const payouts = payoutPartsDuring(seed, town, close);
  // While plans change, payouts may be over before anybody sees to them.
  const arePlansFirst = chanceOf(seed, `order during ${close.of}`).percent(35);
  return arePlansFirst ? [...plans, ...payouts] : [...payouts, ...plans];
}

function planChangesDuring(seed: number, town: Town, { of, at }: CloseAt): PlottedAct[] {
  const count = chanceOf(seed, `plan changes during ${of}`).between(0, 3);
  return Array.from({ length: count }, (_, number) => {
    const drawn = chanceOf(seed, `meanwhile ${of} ${number}`);
    const part = drawn.pick(partNames.filter((each) => isOfAnyMoment(each) && parts[each].weight > 0));
    return { name: `${of} meanwhile ${number}`, at, part, who: drawn.pick(town.supporters).userId };
  });
}

/** What is kept back shows the more where another close follows. */
function payoutPartsDuring(seed: number, town: Town, { of, at, isLast }: CloseAt): PlottedAct[] {
  const escrow = escrowOf(seed);
  const chance = chanceOf(seed, `payouts during ${of}`);
  const count = chance.weigh([
    [0, 4],
    [1, 8],
    [2, 6],
  ]);
  const drawn = Array.from({ length: count }, () => chance.weigh(partsOfClose(escrow)));
  const isShort = capitalOf(seed) < plentyCents;
  const drain = escrow === 'connect' ? 'drainBalance' : 'emptyBalance';
  const names: PartName[] = [
    ...(isShort && chance.percent(escrow === 'connect' ? 60 : 30) ? ([drain] as const) : []),
    ...drawn,
    ...(!isLast && chance.percent(45) ? (['holdPayout'] as const) : []),
  ];
  return names.map((part, number) => ({ name: `${of} payouts ${number}`, at, part, who: anybody(chance, town, part) }));
}

function rehearsalsOf(seed: number, of: Month): { month: Month; at: string }[] {
  const chance = chanceOf(seed, `rehearsal of ${of}`);
  if (!chance.percent(15)) return [];
  const at = chance.instant(new Date(cutoffOf(of).getTime() - 5 * dayMs), cutoffOf(of));
  return [{ month: of, at: at.toISOString() }];
}

function byInstant(a: PlottedAct, b: PlottedAct): number {
  return a.at < b.at ? -1 : a.at > b.at ? 1 : 0;
}
