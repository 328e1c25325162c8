/** How something goes with time, by the slopes between all pairs of points: what is off now and then moves it little. */
export interface Trend {
  /** Theil-Sen: the median of the slopes, in units of y for each of x. */
  slope: number;
  /** It is steeper than this with a probability of some 97 % (Sen's interval, by Kendall's variance). */
  atLeast: number;
}

/** Of a normal distribution: an interval of 95 %, of which this is one side. */
const Z = 1.96;

/** @param points at the least three, of different x */
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
