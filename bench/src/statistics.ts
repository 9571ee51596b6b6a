/** Figures of several rounds in one. */
export interface Summary {
  readonly median: number;
  readonly lowest: number;
  readonly highest: number;
}

/** The middle of the values, or the mean of the two in the middle, with the extremes. Throws when there are none. */
export function summaryOf(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.slice(Math.ceil(sorted.length / 2) - 1, Math.floor(sorted.length / 2) + 1);
  const [lowest, highest] = [sorted[0], sorted.at(-1)];
  if (lowest === undefined || highest === undefined) throw new RangeError('there is no value to sum up');
  return { median: middle.reduce((sum, value) => sum + value, 0) / middle.length, lowest, highest };
}

/**
 * The exponent of growth: the slope of the line through the logarithms, by least squares; 1 is linear. Null for fewer
 * than two sizes.
 */
export function growthExponentOf(points: readonly { size: number; seconds: number }[]): number | null {
  if (new Set(points.map(({ size }) => size)).size < 2) return null;
  const logarithms = points.map(({ size, seconds }) => ({ x: Math.log(size), y: Math.log(seconds) }));
  const mean = (pick: (point: { x: number; y: number }) => number) =>
    logarithms.reduce((sum, point) => sum + pick(point), 0) / logarithms.length;
  const [meanX, meanY] = [mean(({ x }) => x), mean(({ y }) => y)];
  return mean(({ x, y }) => (x - meanX) * (y - meanY)) / mean(({ x }) => (x - meanX) ** 2);
}
