/** Requests a second, of all viewers together, from which keyframes are rationed: a viewer that joins makes two. */
const STORM = 4;
/** ms between keyframes on request, while there is a storm of them. */
const RATION_MS = 500;

/**
 * All viewers' requests for keyframes meet at one encoder. While they are few each is met at once, since somebody sees
 * nothing until then; when viewers on bad links ask all the time, everybody's picture would be nothing but keyframes.
 */
export class KeyframeLimit {
  readonly #counts = new Map<string, number>();
  #requests = 0;
  #since = 0;
  #rationed = false;

  /** Takes a viewer's requests since it came; says what the spacing is to be from now on, or null if it stays. */
  note(session: string, requests: number, now: number): number | null {
    this.#requests += Math.max(0, requests - (this.#counts.get(session) ?? 0));
    this.#counts.set(session, requests);
    if (now - this.#since < 1000) return null;
    const storm = this.#requests / ((now - this.#since) / 1000) > STORM;
    this.#requests = 0;
    this.#since = now;
    if (storm === this.#rationed) return null;
    this.#rationed = storm;
    return storm ? RATION_MS : 0;
  }

  forget(session: string): void {
    this.#counts.delete(session);
  }
}
