import type { RtpStats } from './rtp-stats.js';

/** The last activity of a connection; times of performance.now(), as precise as the polling interval. */
export class Traffic {
  #bytes = 0;
  #heard = '';
  #movedAt: number | null = null;
  #heardAt: number | null = null;
  #readAt = Number.NEGATIVE_INFINITY;

  /** When media was last sent, or received from a publisher; null before the first. */
  get movedAt(): number | null {
    return this.#movedAt;
  }

  /** When the peer was last heard: a report, or a packet; null before the first. */
  get heardAt(): number | null {
    return this.#heardAt;
  }

  get readAt(): number {
    return this.#readAt;
  }

  /** @param bytes sent, or received from a publisher */
  note({ heard }: Pick<RtpStats, 'heard'>, bytes: number, now: number): void {
    this.#readAt = now;
    if (bytes !== this.#bytes) this.#movedAt = now;
    if (heard !== this.#heard) this.#heardAt = now;
    this.#bytes = bytes;
    this.#heard = heard;
  }
}
