import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type FundedSupporter, fundingHash } from './control-hash.ts';
import { isId } from './ids.ts';

function hashOf(supporters: readonly FundedSupporter[]): string {
  const hash = fundingHash();
  for (const supporter of supporters) hash.add(supporter);
  return hash.digest();
}

const supporter = fc.record({
  userId: fc.string({ unit: 'binary', minLength: 1, maxLength: 12 }).filter(isId),
  paidCents: fc.integer({ min: 1, max: 99_999_999 }),
});

describe('fundingHash', () => {
  test('B7: both sides get the hash of the written form, which never changes', () => {
    // printf 'ada\t1200\nzoë\t500\n' | sha256sum
    expect(
      hashOf([
        { userId: 'ada', paidCents: 1_200 },
        { userId: 'zoë', paidCents: 500 },
      ]),
    ).toBe('4a127cf5ba5b5069994580683b2c4ef6d6f895dfae464d5609eea0bd7b5a56ce');
  });

  test('B7: a month without funding has the hash of nothing', () => {
    expect(hashOf([])).toBe('e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855');
  });

  test('B7: other supporters, amounts or order give another hash', () => {
    const supporters = fc.array(supporter, { maxLength: 6 });
    fc.assert(
      fc.property(supporters, supporters, (one, other) => {
        expect(hashOf(one) === hashOf(other)).toBe(JSON.stringify(one) === JSON.stringify(other));
      }),
    );
  });
});
