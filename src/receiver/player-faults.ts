/** Deaths of the player soon after a session began, with which its decoder is left out. */
export const DEATHS_OF_A_DECODER = 3;
/** ms. A player that has played for so long is not broken by its decoder; what it died of was something else. */
export const STEADY_MS = 10_000;
/** Elements that may be left out: there are fewer that are known. */
const MAX_BROKEN = 12;

export type FaultVerdict =
  /** It may have been anything; it is started again. */
  | { kind: 'again' }
  /** This element is opened no more. */
  | { kind: 'left out'; element: string; deaths: number }
  /** It does not run, and there is no element to blame for it. */
  | { kind: 'hopeless' };

/**
 * What breaks the player, told from when it died: at opening, an element broke it at once; while frames were decoded it
 * may have been the decoder or chance, so that several deaths count. Pure.
 */
export class PlayerFaults {
  readonly #broken: string[] = [];
  #trying: string | null = null;
  #decoder: string | null = null;
  #isPrepared = false;
  /** Since when frames come; null while none do. */
  #playingSince: number | null = null;
  #deaths = 0;

  /** Elements that are to be left alone. */
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

  /** A session is connected, so that frames come from now on. @param now ms */
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
