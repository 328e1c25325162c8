import type { Source } from '../../domain/source.js';
import { firstFrame } from '../encoding/first-frame.js';
import { type CameraFailure, explain } from '../failure.js';

/** A source that was opened: what a camera's pictures come from, until it ends or is closed. */
export interface OpenedSource {
  /** Pictures that it has brought. */
  count(): number;
  /** Why it cannot go on; null while it can. To be asked again and again, as some have work to do then. */
  check(): CameraFailure | null;
  close(): void;
}

/**
 * Waits for a source's first picture, or until it is wanted no more.
 * @throws CameraFailure if it fails, or is late
 */
export async function firstFrameOf(
  opened: OpenedSource,
  source: Source,
  timeoutMs: number,
  isWanted: () => boolean,
): Promise<void> {
  const goesOn = (): boolean => {
    if (!isWanted()) return false;
    const failure = opened.check();
    if (failure) throw failure;
    return true;
  };
  const found = await firstFrame({ count: () => opened.count(), goesOn, timeoutMs: timeoutMs });
  if (found === 'late') throw explain(source, `it brought no picture within ${timeoutMs / 1000} s`);
}
