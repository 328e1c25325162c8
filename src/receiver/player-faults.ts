/** Deaths of the player soon after a session began, with which its decoder is left out. */
export const DEATHS_OF_A_DECODER = 3;
/** A player that played for so long is not broken by its decoder; what it died of was something else. */
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
  #isPlaying = false;
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

  /** A session is connected, so that frames come. */
  connected(): void {
    this.#isPlaying = true;
  }

  /** The process has died. @param upMs since it was prepared; null if it never was */
  died(upMs: number | null): FaultVerdict {
    const wasPlaying = this.#isPlaying;
    const [tried, isPrepared] = [this.#trying, this.#isPrepared];
    this.#trying = null;
    this.#isPrepared = false;
    this.#isPlaying = false;
    if (!isPrepared) return tried === null ? { kind: 'hopeless' } : this.#leaveOut(tried, 1);
    if (upMs !== null && upMs >= STEADY_MS) this.#deaths = 0;
    else if (wasPlaying && this.#decoder !== null && ++this.#deaths >= DEATHS_OF_A_DECODER)
      return this.#leaveOut(this.#decoder, this.#deaths);
    return { kind: 'again' };
  }

  #leaveOut(element: string, deaths: number): FaultVerdict {
    this.#broken.push(element);
    this.#deaths = 0;
    return this.#broken.length > MAX_BROKEN ? { kind: 'hopeless' } : { kind: 'left out', element, deaths };
  }
}
