// The oracle's own arithmetic: what the rules say in words, cent by cent, with whole numbers of any size.

/** `amount × numerator ÷ denominator`, halves up. None is negative, and the denominator is above 0. */
export function halfUp(amount: number, numerator: number, denominator: number): number {
  const exact = BigInt(amount) * BigInt(numerator);
  const whole = exact / BigInt(denominator);
  const rest = exact % BigInt(denominator);
  return Number(rest * 2n >= BigInt(denominator) ? whole + 1n : whole);
}

/**
 * A6: each part gets its proportion rounded down; then one cent each goes to whoever lost most by that, the earlier part
 * where two lost the same. Parts are given in the order that decides ties; nothing is split over parts that weigh nothing.
 */
export function split(total: number, weights: readonly number[]): number[] {
  const sum = weights.reduce((all, weight) => all + BigInt(weight), 0n);
  if (sum === 0n) return weights.map(() => 0);
  const lost = weights.map((weight) => (BigInt(total) * BigInt(weight)) % sum);
  const shares = weights.map((weight) => Number((BigInt(total) * BigInt(weight)) / sum));
  let left = total - sumOf(shares);
  while (left > 0) {
    let neediest = 0;
    for (let part = 1; part < lost.length; part++) if ((lost[part] ?? -1n) > (lost[neediest] ?? -1n)) neediest = part;
    shares[neediest] = (shares[neediest] ?? 0) + 1;
    lost[neediest] = -1n;
    left -= 1;
  }
  return shares;
}

/** The sum of whole numbers. */
export function sumOf(values: Iterable<number>): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum;
}

/** Negative when `a` comes before `b` by the bytes of UTF-8. */
export function byBytes(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}
