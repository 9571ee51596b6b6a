import { describe, expect, test } from '@jest/globals';
import { cutoffOf } from '@wewrite/contracts';
import { chanceOf } from './chance.ts';
import { parts } from './parts.ts';
import { type Plot, plotOf } from './plot.ts';

const seeds = Array.from({ length: 300 }, (_, index) => index + 1);

const actsOf = ({ acts, closes }: Plot) => [...acts, ...closes.flatMap(({ meanwhile }) => meanwhile)];

describe('the plot of a seed', () => {
  test('is the same each time, and another for each seed', () => {
    for (const seed of seeds.slice(0, 20)) expect(plotOf(seed)).toEqual(plotOf(seed));
    expect(new Set(seeds.map((seed) => JSON.stringify({ ...plotOf(seed), seed: 0 }))).size).toBe(seeds.length);
  });

  test('names each act once, since its chance follows from the name', () => {
    for (const seed of seeds) {
      const names = actsOf(plotOf(seed)).map(({ name }) => name);
      expect(new Set(names).size).toBe(names.length);
    }
  });

  test('closes its last month at 09:00 of the 1st, and what was missed before with it', () => {
    for (const { months, closes } of seeds.map(plotOf)) {
      const last = months.at(-1) ?? months[0];
      const nineMs = 9 * 3_600_000;
      expect(closes.at(-1)).toMatchObject({
        month: last,
        at: new Date(cutoffOf(last).getTime() + nineMs).toISOString(),
      });
    }
  });

  test('lets everything that people may do come about among a few hundred seeds', () => {
    const drawn = new Set(seeds.flatMap((seed) => actsOf(plotOf(seed)).map(({ part }) => part)));
    expect([...drawn].sort()).toEqual(Object.keys(parts).sort());
  });
});

test('what one name draws does not follow from what others have drawn', () => {
  const alone = chanceOf(7, 'an act').between(0, 1_000_000);
  const other = chanceOf(7, 'another act');
  for (let times = 0; times < 100; times++) other.between(0, 9);
  expect(chanceOf(7, 'an act').between(0, 1_000_000)).toBe(alone);
});
