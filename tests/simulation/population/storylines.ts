import { cutoffOf, firstInstantOf, type Month, nextMonth } from '@wewrite/contracts';
import { type Chance, chanceOf } from './chance.ts';
import { type PartName, parts } from './parts.ts';
import type { PlottedAct } from './plotted-act.ts';
import type { Town } from './town.ts';

/** The ground on which a seed's storylines are drawn. */
export interface Setting {
  readonly seed: number;
  readonly town: Town;
  readonly months: readonly [Month, ...Month[]];
  /** The months whose close is asked for, in order. */
  readonly closed: readonly Month[];
  /** When people act in a month, in order. */
  readonly momentsOf: (month: Month) => readonly [Date, ...Date[]];
}

/**
 * `once begun`: at the last moment of the first month; `once closed`, `later`: at the first and the last moment after the first
 * close. Storylines meet at these moments, since time passing is what costs a world the most.
 */
type When = 'once begun' | 'once closed' | 'later' | Date;
type Step = readonly [when: When, part: PartName, who?: string];

interface Storyline {
  /** In so many of a hundred seeds. */
  readonly percent: number;
  /** What is done one after another; by anybody where nobody is named. None where the seed has no place for it. */
  readonly steps: (setting: Setting, chance: Chance) => readonly Step[];
}

const hourMs = 3_600_000;

/** What only makes sense one after another, and would rarely be drawn so. */
const storylines: Readonly<Record<string, Storyline>> = {
  'something is given for a month': {
    percent: 50,
    steps: ({ town }, chance) => {
      const { userId } = chance.pick(town.supporters);
      return [
        ['once begun', 'planSpan', userId],
        ...optional(chance, 30, ['once closed', 'changeSchedule', userId]),
        ...optional(chance, 30, ['later', 'removeSchedule', userId]),
      ];
    },
  },
  'what is planned does not fit': { percent: 30, steps: () => [['once begun', 'planTooMuch']] },
  'what is planned is taken back': {
    percent: 20,
    steps: ({ town }, chance) => {
      const { userId } = chance.pick(town.supporters);
      return [
        ['once begun', 'makeSchedule', userId],
        ...optional(chance, 40, ['once begun', 'changeSchedule', userId]),
        ['once begun', 'removeSchedule', userId],
      ];
    },
  },
  'less, and then more': { percent: 25, steps: () => [['once begun', 'lowerAndRaise']] },
  'a plan that gave all is short of cents': {
    percent: 60,
    steps: ({ seed, town }, chance) => {
      const even = town.supporters.filter(({ userId }) => isEven(seed, userId));
      return even.length === 0 ? [] : [['once begun', 'refundCents', chance.pick(even).userId]];
    },
  },
  'money is kept back': {
    percent: 55,
    steps: (_setting, chance) => [
      ['once closed', 'placeHold'],
      ...optional(chance, 60, ['once closed', 'placeHold']),
      ...optional(chance, 50, ['later', chance.pick(['releaseHold', 'reverseHold'])], ['later', 'releaseHold']),
    ],
  },
  'what was kept back is seen to': { percent: 60, steps: () => [['later', 'endHeldPayout']] },
  'a line is asked about': {
    percent: 20,
    steps: () => [
      ['once closed', 'askQuestion'],
      ['once closed', 'askAboutEarnings'],
      ['later', 'answerQuestion'],
      ['later', 'answerQuestion'],
    ],
  },
  'what cannot be is tried': {
    percent: 40,
    steps: () => [
      ['once begun', 'probe'],
      ['once begun', 'probe'],
      ['later', 'probe'],
    ],
  },
  'a holder is asked for': {
    percent: 20,
    steps: () => [
      ['once begun', 'raiseWithHolder'],
      ['once begun', 'authenticate'],
    ],
  },
  'everybody regrets': {
    percent: 35,
    steps: ({ town }, chance) => [
      ...town.supporters.map(({ userId }): Step => ['once closed', 'regret', userId]),
      ...optional(chance, 70, ['later', 'writeOff']),
    ],
  },
  'a writer is forsaken': {
    percent: 50,
    steps: ({ closed }) => (closed.length > 1 ? [['once closed', 'forsake']] : []),
  },
  'a writer goes and comes': {
    percent: 15,
    steps: ({ town }, chance) => {
      const { userId } = chance.pick(town.writers);
      return [
        ['once begun', 'setWriterState', userId],
        ['once closed', 'setWriterState', userId],
      ];
    },
  },
  'a payout comes back': { percent: 20, steps: () => [['once closed', 'returnPayout']] },
  // E7: a card is lost before the second month's renewal, and replaced when that month is over.
  'a month is paid too late': {
    percent: 50,
    steps: ({ town, months: [first, second], momentsOf }, chance) => {
      if (second === undefined) return [];
      const { userId } = chance.pick(town.supporters);
      return [
        [new Date(cutoffOf(first).getTime() - hourMs), 'loseCard', userId],
        ...optional(chance, 80, [momentsOf(second)[0], 'lowerAndRaise', userId]),
        [cutoffOf(second), 'payLate', userId],
        [new Date(cutoffOf(second).getTime() + 10 * hourMs), 'retryRefund'],
        [new Date(cutoffOf(second).getTime() + 10 * hourMs), 'retryRefund'],
      ];
    },
  },
  // E5: a bank asks back what was paid for a month that is closed, and decides days later.
  'a closed month is disputed': {
    percent: 40,
    steps: () => [
      ['once closed', 'dispute'],
      ['later', 'endDispute'],
    ],
  },
  // In the hour in which renewals are drafts.
  'a renewal stays a draft': {
    percent: 20,
    steps: ({ months }, chance) => {
      const turns = [...months.slice(1), nextMonth(months.at(-1) ?? months[0])];
      const at = new Date(firstInstantOf(chance.pick(turns)).getTime() + hourMs / 4);
      return [[at, 'failFinalization']];
    },
  },
};

/** The acts of the storylines that a seed has. */
export function actsOfStorylines(setting: Setting): PlottedAct[] {
  return Object.entries(storylines).flatMap(([story, { percent, steps }]) => {
    const chance = chanceOf(setting.seed, story);
    if (!chance.percent(percent)) return [];
    return steps(setting, chance).map(([when, part, who = anybody(chance, setting.town, part)], number) => ({
      name: `${story} ${number}`,
      at: instantOf(setting, when).toISOString(),
      part,
      who,
    }));
  });
}

/** Whether a supporter gives the same to all. */
export function isEven(seed: number, userId: string): boolean {
  return chanceOf(seed, `evenness of ${userId}`).percent(40);
}

/** Somebody whose part it may be. */
export function anybody(chance: Chance, { supporters, writers }: Town, part: PartName): string {
  const people: readonly { readonly userId: string }[] = parts[part].by === 'supporter' ? supporters : writers;
  return chance.pick(people).userId;
}

function optional(chance: Chance, percent: number, ...steps: Step[]): readonly Step[] {
  return chance.percent(percent) ? steps : [];
}

function instantOf({ months, closed, momentsOf }: Setting, when: When): Date {
  if (when instanceof Date) return when;
  if (when === 'once begun') return last(momentsOf(months[0]));
  const moments = momentsOf(nextMonth(closed[0] ?? months[0]));
  return when === 'later' ? last(moments) : moments[0];
}

function last([first, ...others]: readonly [Date, ...Date[]]): Date {
  return others.at(-1) ?? first;
}
