/** ms of CLOCK_MONOTONIC, which the processes of a machine have in common, and which does not jump. */
export const monotonicMs = (): number => Number(process.hrtime.bigint()) / 1e6;
