import { describe, expect, test } from '@jest/globals';
import { inParallel, oneByOne } from './in-parallel.ts';

describe('independent calls', () => {
  test('are made so many at a time, and answer in the order of the items', async () => {
    let underWay = 0;
    let most = 0;
    const double = async (number: number) => {
      most = Math.max(most, ++underWay);
      for (let turns = 10 - number; turns > 0; turns--) await Promise.resolve();
      underWay -= 1;
      return 2 * number;
    };
    expect(await inParallel([1, 2, 3, 4, 5], 3, double)).toEqual([2, 4, 6, 8, 10]);
    expect(most).toBe(3);
    expect(await inParallel([], 3, double)).toEqual([]);
  });

  test('after a failure nothing more is begun, and nothing is left behind under way', async () => {
    const slow = Promise.withResolvers<void>();
    const begun: string[] = [];
    const ended: string[] = [];
    const work = async (name: string) => {
      begun.push(name);
      if (name === 'fails') throw new Error('no');
      await slow.promise;
      ended.push(name);
    };
    const all = inParallel(['slow', 'fails', 'never begun'], 2, work);
    slow.resolve();
    await expect(all).rejects.toThrow('no');
    expect(begun).toEqual(['slow', 'fails']);
    expect(ended).toEqual(['slow']);
  });

  test('one by one, each begins when the one before it has ended', async () => {
    const happened: string[] = [];
    await oneByOne(['a', 'b'], 16, async (name) => {
      happened.push(`${name} begins`);
      await Promise.resolve();
      happened.push(`${name} ends`);
    });
    expect(happened).toEqual(['a begins', 'a ends', 'b begins', 'b ends']);
  });
});
