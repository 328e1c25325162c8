/**
 * Frame rates as fractions, as in GStreamer's caps. V4L2 has frame intervals, of which rates with three decimals
 * remain: 29.97 is 30000/1001, 8.333 is 25/3, and 24.39 is 1000/41.
 */

/** Half of the last decimal, and the floating point error. */
const ROUNDING = 0.0005 + 1e-9;
/** NTSC rates are integers divided by this. */
const NTSC = 1.001;
/** Three decimals distinguish no larger ones. */
const MAX_DENOMINATOR = 1000;

/** Rates are equal within this share: 29.97 and 30, 14.985 and 15. */
const TOLERANCE = 0.002;

/** As in `30/1`. */
export function showFraction(rate: number): string {
  const [numerator, denominator] = toFraction(rate);
  return `${numerator}/${denominator}`;
}

export function toFraction(rate: number): [numerator: number, denominator: number] {
  const isRate = (numerator: number, denominator: number): boolean =>
    numerator > 0 && Math.abs(rate - numerator / denominator) <= ROUNDING;
  if (isRate(Math.round(rate), 1)) return [Math.round(rate), 1];
  const ntsc = Math.round(rate * NTSC) * 1000;
  if (isRate(ntsc, 1001)) return [ntsc, 1001];
  for (let denominator = 2; denominator < MAX_DENOMINATOR; denominator++) {
    const numerator = Math.round(rate * denominator);
    if (isRate(numerator, denominator)) return [numerator, denominator];
  }
  return [Math.max(1, Math.round(rate * MAX_DENOMINATOR)), MAX_DENOMINATOR];
}

/** Whether a rate is at least the wanted one, within the tolerance. */
export const reaches = (rate: number, wanted: number): boolean => rate >= wanted * (1 - TOLERANCE);

/** For people: 30, 29.97, 7.5. */
export const showRate = (rate: number): string => String(Number(rate.toFixed(2)));
