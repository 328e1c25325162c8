/** A trend over time, from the slopes between all pairs of points: outliers hardly move it. */
export interface Trend {
  /** Theil-Sen: the median of the slopes, in units of y per unit of x. */
  slope: number;
  /** The slope is above this with a probability of about 97 % (Sen's interval, by Kendall's variance). */
  atLeast: number;
}

/** Of a normal distribution: one side of the 95 % interval. */
const Z = 1.96;

/** @param points at least three, with different x */
export function trendOf(points: readonly { x: number; y: number }[]): Trend {
  const slopes = points
    .flatMap((from, i) => points.slice(i + 1).map(to => (to.y - from.y) / (to.x - from.x)))
    .sort((a, b) => a - b);
  const n = points.length;
  const spread = Z * Math.sqrt((n * (n - 1) * (2 * n + 5)) / 18);
  const lower = Math.max(0, Math.floor((slopes.length - spread) / 2));
  const middle = slopes.length >> 1;
  const slope =
    slopes.length % 2 === 1 ? (slopes[middle] ?? 0) : ((slopes[middle - 1] ?? 0) + (slopes[middle] ?? 0)) / 2;
  return { slope, atLeast: slopes[lower] ?? 0 };
}
