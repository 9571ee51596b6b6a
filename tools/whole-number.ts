import { InvalidArgumentError } from 'commander';

/** Reads a whole number of at least `least` from a command's option. */
export function wholeNumberFrom(least: number): (text: string) => number {
  return (text) => {
    const count = /^\d{1,12}$/.test(text) ? Number(text) : Number.NaN;
    if (!(count >= least)) throw new InvalidArgumentError(`It is a whole number from ${least} on.`);
    return count;
  };
}
