import type { Source } from '../../domain/source.js';
import { firstFrame } from '../encoding/first-frame.js';
import { type CameraFailure, explain } from '../failure.js';

/** An open source: where a camera's frames come from, until it ends or is closed. */
export interface OpenedSource {
  /** Frames so far. */
  count(): number;
  /** Why it failed; null while it runs. To be called periodically, as some sources have work to do then. */
  check(): CameraFailure | null;
  close(): void;
}

/**
 * Waits for a source's first frame, or until it is not wanted any more.
 * @throws CameraFailure if it fails or is late
 */
export async function firstFrameOf(
  opened: OpenedSource,
  source: Source,
  timeoutMs: number,
  isWanted: () => boolean,
): Promise<void> {
  const keepWaiting = (): boolean => {
    if (!isWanted()) return false;
    const failure = opened.check();
    if (failure) throw failure;
    return true;
  };
  const found = await firstFrame({ count: () => opened.count(), keepWaiting, timeoutMs });
  if (found === 'late') throw explain(source, `no frame within ${timeoutMs / 1000} s`);
}
