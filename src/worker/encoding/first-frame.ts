import { type PollOptions, poll } from '../../gst/poll.js';

export interface FirstFrameOptions extends PollOptions {
  /** Frames so far. */
  count(): number;
  /** Called before every poll; false cancels at once, and what it throws is thrown. */
  keepWaiting(): boolean;
}

/** Waits for the first frame. */
export async function firstFrame({
  count,
  keepWaiting,
  ...options
}: FirstFrameOptions): Promise<'arrived' | 'late' | 'cancelled'> {
  return (await poll(() => (keepWaiting() ? (count() > 0 ? 'arrived' : null) : 'cancelled'), options)) ?? 'late';
}
