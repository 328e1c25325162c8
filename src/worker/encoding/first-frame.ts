import { type PollOptions, poll } from '../../gst/poll.js';

export interface FirstFrameOptions extends PollOptions {
  /** Frames so far. */
  count(): number;
  /** Asked before each look; false gives up at once, and what it throws is thrown. */
  goesOn(): boolean;
}

/** Waits for the first frame of whatever counts its frames. */
export async function firstFrame({
  count,
  goesOn,
  ...options
}: FirstFrameOptions): Promise<'arrived' | 'late' | 'cancelled'> {
  return (await poll(() => (goesOn() ? (count() > 0 ? 'arrived' : null) : 'cancelled'), options)) ?? 'late';
}
