/** Crashes of the player soon after a session began, after which its decoder is excluded. */
export const DEATHS_OF_A_DECODER = 3;
/** ms. If a player has played for so long, its decoder is not what crashed it. */
export const STEADY_MS = 10_000;
/** Maximum number of excluded elements: fewer are known. */
const MAX_BROKEN = 12;

export type FaultVerdict =
  /** Unknown cause; the player restarts. */
  | { kind: 'again' }
  /** This element is no longer opened. */
  | { kind: 'left out'; element: string; deaths: number }
  /** The player does not run, and no element is to blame. */
  | { kind: 'hopeless' };

/**
 * Finds what crashes the player from the time of the crash: while an element was being opened, that element; while
 * frames were being decoded, the decoder or chance, so that several crashes count. Pure.
 */
export class PlayerFaults {
  readonly #broken: string[] = [];
  #trying: string | null = null;
  #decoder: string | null = null;
  #isPrepared = false;
  /** Since when frames arrive; null while none do. */
  #playingSince: number | null = null;
  #deaths = 0;

  /** Elements that must not be opened. */
  get broken(): readonly string[] {
    return this.#broken;
  }

  /** An element is being opened. */
  trying(element: string): void {
    this.#trying = element;
  }

  /** @param decoder null where nothing is decoded */
  prepared(decoder: string | null): void {
    if (decoder !== this.#decoder) this.#deaths = 0;
    this.#trying = null;
    this.#isPrepared = true;
    this.#decoder = decoder;
  }

  /** A session is connected, so that frames arrive from now on. @param now ms */
  connected(now: number): void {
    this.#playingSince ??= now;
  }

  /** The process has died. @param now ms, of the same clock as for `connected` */
  died(now: number): FaultVerdict {
    const [tried, isPrepared, playingSince] = [this.#trying, this.#isPrepared, this.#playingSince];
    this.#trying = null;
    this.#isPrepared = false;
    this.#playingSince = null;
    if (!isPrepared) return tried === null ? { kind: 'hopeless' } : this.#leaveOut(tried, 1);
    if (playingSince === null || this.#decoder === null) return { kind: 'again' };
    this.#deaths = now - playingSince >= STEADY_MS ? 0 : this.#deaths + 1;
    return this.#deaths < DEATHS_OF_A_DECODER ? { kind: 'again' } : this.#leaveOut(this.#decoder, this.#deaths);
  }

  #leaveOut(element: string, deaths: number): FaultVerdict {
    this.#broken.push(element);
    this.#deaths = 0;
    return this.#broken.length > MAX_BROKEN ? { kind: 'hopeless' } : { kind: 'left out', element, deaths };
  }
}
