import { KeyframeThrottle } from '../../domain/keyframe-throttle.js';

/** Requests per second, of all viewers together, above which keyframes are spaced: a viewer that joins makes two. */
const FREE_PER_SECOND = 4;
const SPACING_MS = 500;

/**
 * All viewers' keyframe requests reach one encoder, mostly as upstream events. While they are few, each is met at once;
 * when viewers on bad links ask all the time, everybody's video would be nothing but keyframes.
 */
export class KeyframeRequestLimit {
  readonly #counts = new Map<string, number>();
  readonly #throttle = new KeyframeThrottle({ spacingMs: SPACING_MS, freePerSecond: FREE_PER_SECOND });

  /** @param requests a viewer's total @returns the new spacing, ms; null if it has not changed */
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
