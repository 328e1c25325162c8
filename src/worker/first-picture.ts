import type { Source } from '../domain/source.js';
import { explain } from './failure.js';
import type { OpenedSource } from './opened-source.js';

const POLL_MS = 5;

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
  const until = performance.now() + patienceMs;
  while (isWanted()) {
    const failure = opened.look();
    if (failure) throw failure;
    if (opened.count() > 0) return;
    if (performance.now() > until) throw explain(source, `it brought no picture within ${patienceMs / 1000} s`);
    await new Promise(resolve => setTimeout(resolve, POLL_MS));
  }
}
