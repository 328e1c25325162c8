import { KeyframeThrottle } from '../../domain/keyframe-throttle.js';

/** Requests a second, of all viewers together, from which keyframes are spaced: a viewer that joins makes two. */
const FREE_PER_SECOND = 4;
const SPACING_MS = 500;

/**
 * All viewers' requests for keyframes meet at one encoder, which hears of most by itself. While they are few each is met at
 * once; when viewers on bad links ask all the time, everybody's video would be nothing but keyframes.
 */
export class KeyframeRequestLimit {
  readonly #counts = new Map<string, number>();
  readonly #throttle = new KeyframeThrottle({ spacingMs: SPACING_MS, freePerSecond: FREE_PER_SECOND });

  /** Takes a viewer's requests since it came; says what the spacing is to be from now on, or null if it stays. */
  note(session: string, requests: number, now: number): number | null {
    const before = this.#throttle.spacingMs;
    this.#throttle.note(now, Math.max(0, requests - (this.#counts.get(session) ?? 0)));
    this.#counts.set(session, requests);
    const { spacingMs } = this.#throttle;
    return spacingMs === before ? null : spacingMs;
  }

  forget(session: string): void {
    this.#counts.delete(session);
  }
}
