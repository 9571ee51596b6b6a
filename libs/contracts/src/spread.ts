import { type Cents, cents } from './money.ts';

/**
 * Splits `total` in proportion to `weights`, conserving the sum (A6).
 *
 * Each share is `floor(total × weight ÷ Σ weights)`; the cents left over go one each to the largest remainders, equal
 * remainders to the part that `precedes` puts first. Shares come back in the order of the weights.
 *
 * @param total what to split, 0 ≤ total; greater than the weights' sum is allowed
 * @param weights each part's weight, not negative; at least one positive unless total is 0
 * @param precedes total order of parts by index, used for ties only: negative when part `a` comes before part `b`
 */
export function spread(total: Cents, weights: readonly Cents[], precedes: (a: number, b: number) => number): Cents[] {
  if (total < 0) throw new RangeError(`cannot spread a negative total: ${total}`);
  const weightSum = sumOfWeights(weights);
  if (weightSum === 0n) {
    if (total !== 0) throw new RangeError(`cannot spread ${total} over parts without weight`);
    return weights.map(() => cents(0));
  }
  const shares = weights.map((weight) => shareOf(total, weight, weightSum));
  let left = total - shares.reduce((sum, share) => sum + share.floor, 0);
  if (left > 0) {
    const order = shares.map((_, index) => index);
    order.sort((a, b) => compareRemainders(shares[a], shares[b]) || precedes(a, b));
    for (const index of order) {
      if (left === 0) break;
      const share = shares[index];
      if (share === undefined) continue;
      share.floor += 1;
      left -= 1;
    }
  }
  if (left !== 0) throw new Error(`spread lost ${left} cents of ${total}`);
  return shares.map((share) => cents(share.floor));
}

/** Orders strings by their UTF-8 bytes, as Postgres does with `collate "C"`. */
export function compareUtf8(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

interface Share {
  floor: number;
  readonly remainder: bigint;
}

function shareOf(total: Cents, weight: Cents, weightSum: bigint): Share {
  const product = total * weight;
  if (Number.isSafeInteger(product) && weightSum <= BigInt(Number.MAX_SAFE_INTEGER)) {
    const divisor = Number(weightSum);
    const remainder = product % divisor;
    return { floor: (product - remainder) / divisor, remainder: BigInt(remainder) };
  }
  const exact = BigInt(total) * BigInt(weight);
  return { floor: Number(exact / weightSum), remainder: exact % weightSum };
}

function sumOfWeights(weights: readonly Cents[]): bigint {
  let sum = 0n;
  for (const weight of weights) {
    if (weight < 0) throw new RangeError(`cannot spread over a negative weight: ${weight}`);
    sum += BigInt(weight);
  }
  return sum;
}

function compareRemainders(a: Share | undefined, b: Share | undefined): number {
  const left = a?.remainder ?? 0n;
  const right = b?.remainder ?? 0n;
  return left === right ? 0 : left > right ? -1 : 1;
}
