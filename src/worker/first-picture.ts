import type { Source } from '../domain/source.js';
import { type PollOptions, poll } from '../gst/poll.js';
import { explain } from './failure.js';
import type { OpenedSource } from './opened-source.js';

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

/**
 * Waits for a source's first picture, or until it is wanted no more.
 * @throws CameraFailure if it fails, or is late
 */
export async function firstPictureOf(
  opened: OpenedSource,
  source: Source,
  patienceMs: number,
  isWanted: () => boolean,
): Promise<void> {
  const goesOn = (): boolean => {
    if (!isWanted()) return false;
    const failure = opened.look();
    if (failure) throw failure;
    return true;
  };
  const found = await firstFrame({ count: () => opened.count(), goesOn, patienceMs });
  if (found === 'late') throw explain(source, `it brought no picture within ${patienceMs / 1000} s`);
}
