/**
 * An elapsed time, for people: `0.6 s`, `12 s`, `2 min 5 s`, `3 h 2 min`, `2 d 3 h`; rounded down.
 * @param tenthsBelow s below which tenths are shown
 */
export function formatAge(seconds: number, tenthsBelow = 0): string {
  const positive = Math.max(0, seconds);
  // 9.96 s would read "10.0 s".
  if (positive < tenthsBelow - 0.05) return `${positive.toFixed(1)} s`;
  const whole = Math.floor(positive);
  if (whole < MINUTE) return `${whole} s`;
  if (whole < HOUR) return `${Math.floor(whole / MINUTE)} min ${whole % MINUTE} s`;
  if (whole < DAY) return `${Math.floor(whole / HOUR)} h ${Math.floor((whole % HOUR) / MINUTE)} min`;
  return `${Math.floor(whole / DAY)} d ${Math.floor((whole % DAY) / HOUR)} h`;
}

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
