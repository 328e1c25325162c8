/**
 * Frames a second as GStreamer's caps have them. Cameras say them as times between frames, of which a number with some
 * decimals is left: 29.97 is 30000/1001, and 8.33 is 25/3.
 */

/** How far two numbers for one rate are apart at the most; 30 and 30000/1001 are two rates, 0.1 % apart. */
const ROUNDING = 0.0005;
/** NTSC's rates are whole ones, divided by this. */
const NTSC = 1.001;
const NTSC_ROUNDING = 0.00005;
const MAX_DENOMINATOR = 100;

/** A rate that is less than wanted by so little is as good: 29.97 for 30, 14.985 for 15. */
const AS_GOOD = 0.002;

/** As in `30/1`. */
export function showFraction(rate: number): string {
  const [numerator, denominator] = toFraction(rate);
  return `${numerator}/${denominator}`;
}

export function toFraction(rate: number): [numerator: number, denominator: number] {
  const whole = Math.round(rate);
  if (whole > 0 && near(rate, whole, NTSC_ROUNDING)) return [whole, 1];
  const ntsc = Math.round(rate * NTSC);
  if (ntsc > 0 && near(rate * NTSC, ntsc, NTSC_ROUNDING)) return [ntsc * 1000, 1001];
  for (let denominator = 1; denominator <= MAX_DENOMINATOR; denominator++) {
    const numerator = Math.round(rate * denominator);
    if (numerator > 0 && near(rate, numerator / denominator, ROUNDING)) return [numerator, denominator];
  }
  return [Math.max(1, Math.round(rate * MAX_DENOMINATOR)), MAX_DENOMINATOR];
}

/** Whether a rate is at least what is wanted, to the eye. */
export const reaches = (rate: number, wanted: number): boolean => rate >= wanted * (1 - AS_GOOD);

/** For people: 30, 29.97, 7.5. */
export const showRate = (rate: number): string => String(Number(rate.toFixed(2)));

const near = (a: number, b: number, tolerance: number): boolean => Math.abs(a - b) <= tolerance * b;
