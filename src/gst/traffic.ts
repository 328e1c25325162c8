import type { RtpStats } from './rtp-stats.js';

/** When something was last seen to go through a connection; times of performance.now(). As exact as it is looked at often. */
export class Traffic {
  #bytes = 0;
  #heard = '';
  #movedAt: number | null = null;
  #heardAt: number | null = null;
  #lookedAt = Number.NEGATIVE_INFINITY;

  /** When something was last sent, or received where a camera is; null before the first. */
  get movedAt(): number | null {
    return this.#movedAt;
  }

  /** When the peer was last heard: a report, or a packet; null before the first. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  get lookedAt(): number {
    return this.#lookedAt;
  }

  /** @param bytes that were sent, or received where a camera is */
  note({ heard }: Pick<RtpStats, 'heard'>, bytes: number, now: number): void {
    this.#lookedAt = now;
    if (bytes !== this.#bytes) this.#movedAt = now;
    if (heard !== this.#heard) this.#heardAt = now;
    this.#bytes = bytes;
    this.#heard = heard;
  }
}
