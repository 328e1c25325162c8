/** ms of CLOCK_MONOTONIC, which all processes of a machine share, and which does not jump. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;

/** @param at of performance.now() @returns ms of CLOCK_MONOTONIC */
export const asMonotonic = <At extends number | null>(at: At): At =>
  (at === null ? null : monotonicMs() - (performance.now() - at)) as At;
