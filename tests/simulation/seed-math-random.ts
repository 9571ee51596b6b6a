import { chanceOf } from './population/chance.ts';

const precision = 2 ** 30;

/**
 * Lets all that asks the process for a random number (the jitter of pauses, the ids of Stripe's stand-in) get it from the
 * seed. Gives back how to end that.
 */
export function seedMathRandom(seed: number, part: string): () => void {
  const chance = chanceOf(seed, `Math.random ${part}`);
  const { random } = Math;
  Math.random = () => chance.between(0, precision - 1) / precision;
  return () => {
    Math.random = random;
  };
}
