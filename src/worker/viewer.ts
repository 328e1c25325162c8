import { randomInt } from 'node:crypto';
import type { IceAgentSettings } from '../domain/ports.js';
import { Peer } from '../gst/peer.js';
import { readRtpStats } from '../gst/rtp-stats.js';
import type { SessionFigures } from '../media/messages.js';

/** A named reason of the contract (schemas/end-reason.yaml) that a worker finds by itself. */
export type ViewerEnd =
  | 'peer-closed'
  | 'connect-timeout'
  | 'ice-failed'
  | 'dtls-failed'
  | 'rtcp-timeout'
  | 'sending-failed'
  | 'camera-failed';

export interface ViewerEvents {
  connected(): void;
  ended(reason: ViewerEnd, detail: string | null): void;
  stats(figures: SessionFigures): void;
}

export interface ViewerTimes {
  /** From the answer until ICE and DTLS are up, at the most. */
  connectMs: number;
  /** Without a word from the viewer: it is gone (RTCP reports come each second or so). */
  silenceMs: number;
  statsMs: number;
  /** Nothing sent for so long, though the camera is live: a camera that is not fails before. */
  stalledMs: number;
}

export const VIEWER_TIMES: ViewerTimes = { connectMs: 15_000, silenceMs: 12_000, statsMs: 2_000, stalledMs: 7_000 };

const CONNECTING_POLL_MS = 3;
const CONNECTED_POLL_MS = 250;
const CLOCK_RATE = 90_000;

/** One viewer from its offer to its end; watches the connection by asking, as no callback may come from GStreamer. */
export class Viewer {
  readonly peer: Peer;
  readonly #events: ViewerEvents;
  readonly #times: ViewerTimes;
  #timer: NodeJS.Timeout | null = null;
  #closed = false;
  #connected = false;
  #answeredAt = 0;
  #heardAt = 0;
  #sentAt = 0;
  #mark = '';
  #statsAt = 0;
  #bytes = 0;

  constructor(
    options: { payloadType: number; retransmit: boolean; baseTime: bigint; ice: IceAgentSettings | null },
    events: ViewerEvents,
    times = VIEWER_TIMES,
  ) {
    this.peer = new Peer({ ...options, ssrc: randomInt(1, 2 ** 32 - 1) });
    this.#events = events;
    this.#times = times;
  }

  answer(offer: string): Promise<string> {
    return this.peer.answer(offer);
  }

  /** The answer is on its way: from now on the connection is watched. */
  watch(): void {
    if (this.#closed) return;
    this.#answeredAt = performance.now();
    this.#poll();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.#timer) clearTimeout(this.#timer);
    this.peer.close();
  }

  #poll(): void {
    const end = this.#look();
    if (this.#closed) return;
    if (end) {
      this.#events.ended(...end);
      return;
    }
    this.#timer = setTimeout(() => this.#poll(), this.#connected ? CONNECTED_POLL_MS : CONNECTING_POLL_MS);
  }

  #look(): [ViewerEnd, string | null] | null {
    const now = performance.now();
    const state = this.peer.state();
    if (state === 'failed')
      return this.peer.iceFailed()
        ? ['ice-failed', 'no path to the viewer answered']
        : ['dtls-failed', 'the viewer and the robot could not agree on keys'];
    if (state === 'closed') return ['peer-closed', 'the viewer closed the connection'];
    if (!this.#connected) {
      if (state === 'connected') {
        this.#connected = true;
        this.#heardAt = this.#sentAt = this.#statsAt = now;
        this.#events.connected();
      } else if (now - this.#answeredAt > this.#times.connectMs) {
        return [
          'connect-timeout',
          `no connection within ${this.#times.connectMs / 1000} s: check that UDP gets from the viewer to the robot`,
        ];
      }
      return null;
    }
    return now - this.#statsAt >= this.#times.statsMs ? this.#measure(now) : null;
  }

  #measure(now: number): [ViewerEnd, string | null] | null {
    const stats = readRtpStats(this.peer.statsText(), CLOCK_RATE);
    if (stats.report && stats.report.mark !== this.#mark) {
      this.#mark = stats.report.mark;
      this.#heardAt = now;
    }
    this.#events.stats({
      bitrate: Math.round(((stats.bytesSent - this.#bytes) * 8 * 1000) / (now - this.#statsAt)),
      packetsSent: stats.packetsSent,
      packetsLost: stats.report?.packetsLost ?? null,
      lossPercent: stats.report?.lossPercent ?? null,
      jitterMs: stats.report?.jitterMs ?? null,
      roundTripMs: stats.report?.roundTripMs ?? null,
      keyframeRequests: stats.keyframeRequests,
      retransmitted: stats.retransmitted,
    });
    if (stats.bytesSent !== this.#bytes) this.#sentAt = now;
    this.#bytes = stats.bytesSent;
    this.#statsAt = now;
    return this.#verdict(now);
  }

  // The camera's side of the proxy is told OK whatever becomes of a picture here, so nobody else would notice.
  #verdict(now: number): [ViewerEnd, string | null] | null {
    const error = this.peer.error();
    if (error) return ['sending-failed', `${error.element}: ${error.message}`];
    const silence = now - this.#heardAt;
    if (silence > this.#times.silenceMs)
      return ['rtcp-timeout', `nothing heard of the viewer for ${Math.round(silence / 1000)} s`];
    const stalled = now - this.#sentAt;
    return stalled > this.#times.stalledMs
      ? ['sending-failed', `nothing was sent for ${Math.round(stalled / 1000)} s`]
      : null;
  }
}
