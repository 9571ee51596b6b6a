import { type Random, seededRandom } from '../../../apps/cli/src/generate/random.ts';

/** What an actor draws from. */
export interface Chance extends Random {
  /** One of the items, each as likely as its weight says against the others'. */
  weigh<Item>(items: readonly (readonly [item: Item, weight: number])[]): Item;
  /** An instant of a span, in whole milliseconds: mostly of any second of it, at times its first or last millisecond. */
  instant(from: Date, before: Date): Date;
}

/**
 * The chance of one act, and of no other: its numbers follow from the seed and the name, so that leaving other acts out
 * does not change them.
 */
export function chanceOf(seed: number, name: string): Chance {
  const random = seededRandom(mixed(seed, name));
  return {
    ...random,
    weigh: (items) => {
      let left = random.between(1, sumOf(items));
      for (const [item, weight] of items) {
        left -= weight;
        if (left <= 0) return item;
      }
      throw new Error('there is nothing to weigh.');
    },
    instant: (from, before) => {
      const lastMs = before.getTime() - 1;
      if (random.percent(4)) return from;
      if (random.percent(4)) return new Date(lastMs);
      const second = random.between(0, Math.floor((lastMs - from.getTime()) / 1_000));
      return new Date(Math.min(lastMs, from.getTime() + second * 1_000 + random.between(0, 999)));
    },
  };
}

function sumOf(items: readonly (readonly [unknown, number])[]): number {
  return items.reduce((sum, [, weight]) => sum + weight, 0);
}

/** FNV-1a over the seed and the name: names that differ in one letter start far apart. */
function mixed(seed: number, name: string): number {
  let hash = 0x811c9dc5;
  for (const byte of Buffer.from(`${seed}/${name}`)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return hash;
}
