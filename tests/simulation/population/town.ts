import type { ResourceKey } from '@wewrite/contracts';
import { type Chance, chanceOf } from './chance.ts';

/** A supporter: what the first subscription is to cost. */
export interface Supporter {
  readonly userId: string;
  readonly monthlyCents: number;
}

/** A writer, how far their payout account is at first, and what they have written. */
export interface Writer {
  readonly userId: string;
  readonly account: 'none' | 'restricted' | 'ready';
  readonly resources: readonly ResourceKey[];
}

/** Who lives in a simulation. The last supporter may be a writer, too. */
export interface Town {
  readonly supporters: readonly Supporter[];
  readonly writers: readonly Writer[];
}

/** Some are made to be taken for each other, or to be mistaken for a part of a line id or of a path. */
const supporterNames = ['ada', 'bob_', 'bob', 'c%5Fm', 'dee/x', 'éli', 'user_bio_1'];
const writerNames = ['wanda', 'walt_page', 'wim 2', 'Wes', 'wrén'];
const resourceIds = ['letters', 'a_b', 'a_b_', '100%', 'über uns', 'x/y', 'letters_2027-01'];
const resourceTypes = ['page', 'page', 'user', 'user_bio', 'group', 'group_about'] as const;

/** The people of a seed, each drawn for themselves. */
export function townOf(seed: number): Town {
  const size = chanceOf(seed, 'town');
  const writers = anyOf(size, writerNames, size.weigh(someOf(4))).map((userId, index) => {
    const chance = chanceOf(seed, `writer ${userId}`);
    return { userId, account: accountOf(chance), resources: resourcesOf(chance, index) };
  });
  const supporters = anyOf(size, supporterNames, size.weigh(someOf(5))).map((userId) => ({
    userId,
    monthlyCents: priceOf(chanceOf(seed, `supporter ${userId}`)),
  }));
  const [both] = writers;
  if (both === undefined || !size.percent(25)) return { supporters, writers };
  return { supporters: [...supporters, { userId: both.userId, monthlyCents: 1_200 }], writers };
}

/** Few are as good as many for most mistakes, and cost less. */
function someOf(most: number): (readonly [count: number, weight: number])[] {
  return Array.from({ length: most }, (_, index) => [index + 1, index === most - 1 ? 1 : 2] as const);
}

/** So many of the names, drawn, in their own order. */
function anyOf(chance: Chance, names: readonly string[], count: number): string[] {
  const chosen = new Set<string>();
  while (chosen.size < count) chosen.add(chance.pick(names));
  return names.filter((name) => chosen.has(name));
}

function accountOf(chance: Chance): Writer['account'] {
  return chance.weigh([
    ['ready', 7],
    ['none', 2],
    ['restricted', 1],
  ]);
}

/** Ids are one writer's alone within each type: they carry the writer's place. */
function resourcesOf(chance: Chance, index: number): ResourceKey[] {
  const first = { resourceType: chance.pick(resourceTypes), resourceId: `${chance.pick(resourceIds)}${index}` };
  const second = { resourceType: chance.pick(resourceTypes), resourceId: `${index}${chance.pick(resourceIds)}` };
  return chance.percent(60) ? [first] : [first, second];
}

/** Mostly enough for payouts of each month; at times the least there is, or a whole fortune. */
function priceOf(chance: Chance): number {
  return chance.weigh([
    [chance.between(8_000, 49_999), 12],
    [chance.between(100, 3_999), 3],
    [100, 1],
    [chance.between(50_000, 99_999), 1],
  ]);
}
