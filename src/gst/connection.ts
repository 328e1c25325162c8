import type { SessionFigures } from '../domain/media-engine.js';
import type { ElementError } from './pipeline.js';
import { type RtpStats, readRtpStats } from './rtp-stats.js';
import { Traffic } from './traffic.js';
import type { Webrtc } from './webrtc.js';

/** A named reason of the contract (schemas/end-reason.yaml) that a worker finds by itself. */
export type ConnectionEnd =
  | 'peer-closed'
  | 'connect-timeout'
  | 'ice-failed'
  | 'dtls-failed'
  | 'rtcp-timeout'
  | 'sending-failed'
  | 'camera-failed';

export interface ConnectionEvents {
  connected(): void;
  /** The first packet was sent; not told of a peer that sends a camera. */
  sending?(): void;
  ended(reason: ConnectionEnd, detail: string | null): void;
  stats(figures: SessionFigures): void;
}

export interface ConnectionTimes {
  /** From the answer until ICE and DTLS are up, at the most. */
  connectMs: number;
  /** Without a word from the peer: it is gone (RTCP reports come each second or so). */
  silenceMs: number;
  statsMs: number;
  /** Nothing sent for so long, though there are pictures: a camera that brings none is the camera's own matter. */
  stalledMs: number;
}

export const CONNECTION_TIMES: ConnectionTimes = {
  connectMs: 15_000,
  silenceMs: 12_000,
  statsMs: 2_000,
  stalledMs: 7_000,
};

/** Of a peer that is sent a camera. */
export interface Sending {
  /** Of its video. */
  ssrc: number;
  /** ms since there was a picture to send. */
  idleMs(): number;
  /** Null where whatever encodes hears of the peer's requests by itself. */
  keyframes: KeyframeRequests | null;
}

/** What becomes of a peer's requests for a keyframe (PLI, FIR). */
export interface KeyframeRequests {
  /** Whether whatever encodes hears of them by itself now. */
  areHeard(): boolean;
  /** The peer has asked. */
  asked(): void;
}

export interface ConnectionOptions {
  webrtc: Webrtc;
  events: ConnectionEvents;
  /** Who is at the other end, and how what he sends gets here or what he is sent gets there: words for people. */
  peer: { name: string; path: string };
  /** What an element of the pipeline said had gone wrong; null if nothing. */
  error(): ElementError | null;
  /** Null for a peer that sends a camera. */
  sends: Sending | null;
  times?: ConnectionTimes;
}

/** While somebody is likely to be waiting for his first picture; then, and when it is there, there is time. */
const CONNECTING_POLL_MS = 3;
const EAGER_MS = 2_000;
const LATE_POLL_MS = 20;
const CONNECTED_POLL_MS = 250;
/** Who asks for a keyframe sees nothing new until it comes. A look costs 0.15 ms. */
const LISTENING_POLL_MS = 100;
/** Until the first packet is sent, which takes a keyframe; and no longer than this, as a lost camera sends none. */
const FIRST_PACKET_POLL_MS = 10;
const FIRST_PACKET_MS = 5_000;
/** Reading the figures takes 0.1 ms: whoever asks more often than this is told what is known. */
const POLL_INTERVAL_MS = 50;
const CLOCK_RATE = 90_000;

type End = [ConnectionEnd, string | null];

/** Watches a connection from its answer to its end, by asking: no callback may come from GStreamer. */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #times: ConnectionTimes;
  readonly #peer: ConnectionOptions['peer'];
  #timer: NodeJS.Timeout | null = null;
  #stopped = false;
  #connected = false;
  #answeredAt = 0;
  #heardAt = 0;
  #movedAt = 0;
  #heard = '';
  #statsAt = 0;
  #bytes = 0;
  #requests = 0;
  /** Until when the first packet is waited for, performance.now(); null where it is not, or not any more. */
  #awaitsPacketUntil: number | null = null;
  readonly #traffic = new Traffic();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#times = options.times ?? CONNECTION_TIMES;
    this.#peer = options.peer;
  }

  /** The answer is on its way: from now on the connection is watched. */
  watch(): void {
    if (this.#stopped) return;
    this.#answeredAt = performance.now();
    this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** When something was last seen to go through, of performance.now(). */
  traffic(): Pick<Traffic, 'movedAt' | 'heardAt'> {
    const now = performance.now();
    if (this.#connected && !this.#stopped && now - this.#traffic.lookedAt > POLL_INTERVAL_MS) this.#read(now);
    return this.#traffic;
  }

  #poll(): void {
    const end = this.#check();
    if (this.#stopped) return;
    if (end) {
      this.stop();
      this.#options.events.ended(...end);
      return;
    }
    const eager = performance.now() - this.#answeredAt < EAGER_MS;
    const connected =
      this.#awaitsPacketUntil !== null ? FIRST_PACKET_POLL_MS : this.#listens() ? LISTENING_POLL_MS : CONNECTED_POLL_MS;
    const pause = this.#connected ? connected : eager ? CONNECTING_POLL_MS : LATE_POLL_MS;
    this.#timer = setTimeout(() => this.#poll(), pause);
  }

  #check(): End | null {
    const now = performance.now();
    const { webrtc, sends, events } = this.#options;
    const state = webrtc.state();
    if (state === 'failed')
      return webrtc.iceFailed()
        ? ['ice-failed', `no path to the ${this.#peer.name} answered`]
        : ['dtls-failed', `the ${this.#peer.name} and this side could not agree on keys`];
    if (state === 'closed') return ['peer-closed', `the ${this.#peer.name} closed the connection`];
    if (this.#connected) {
      this.#awaitPacket(now);
      if (now - this.#statsAt >= this.#times.statsMs) return this.#measure(now);
      if (this.#listens()) this.#listen(this.#read(now).keyframeRequests);
      return null;
    }
    if (state === 'connected') {
      this.#connected = true;
      this.#heardAt = this.#movedAt = this.#statsAt = now;
      if (sends) this.#awaitsPacketUntil = now + FIRST_PACKET_MS;
      events.connected();
    } else if (now - this.#answeredAt > this.#times.connectMs) {
      return [
        'connect-timeout',
        `no connection within ${this.#times.connectMs / 1000} s: check that UDP gets ${this.#peer.path}`,
      ];
    }
    return null;
  }

  #listens(): boolean {
    return this.#options.sends?.keyframes?.areHeard() === false;
  }

  #listen(requests: number): void {
    if (requests > this.#requests && this.#listens()) this.#options.sends?.keyframes?.asked();
    this.#requests = requests;
  }

  #awaitPacket(now: number): void {
    if (this.#awaitsPacketUntil === null) return;
    const isSent = this.#read(now).packetsSent > 0;
    if (!isSent && now < this.#awaitsPacketUntil) return;
    this.#awaitsPacketUntil = null;
    if (isSent) this.#options.events.sending?.();
  }

  #read(now: number): RtpStats {
    const { webrtc, sends } = this.#options;
    const stats = readRtpStats(webrtc.statsText(), CLOCK_RATE, sends?.ssrc);
    this.#traffic.note(stats, sends ? stats.bytesSent : stats.bytesReceived, now);
    return stats;
  }

  #measure(now: number): End | null {
    const { sends, events } = this.#options;
    const stats = this.#read(now);
    if (stats.heard !== this.#heard) this.#heardAt = now;
    this.#heard = stats.heard;
    this.#listen(stats.keyframeRequests);
    const bytes = sends ? stats.bytesSent : stats.bytesReceived;
    events.stats({
      bitrate: Math.max(0, Math.round(((bytes - this.#bytes) * 8 * 1000) / (now - this.#statsAt))),
      bytes,
      packetsSent: stats.packetsSent,
      packetsReceived: stats.packetsReceived,
      packetsLost: stats.quality?.packetsLost ?? null,
      lossPercent: stats.quality?.lossPercent ?? null,
      jitterMs: stats.quality?.jitterMs ?? null,
      roundTripMs: stats.quality?.roundTripMs ?? null,
      keyframeRequests: stats.keyframeRequests,
      retransmitted: stats.retransmitted,
    });
    if (bytes !== this.#bytes || (sends && sends.idleMs() > this.#times.statsMs)) this.#movedAt = now;
    this.#bytes = bytes;
    this.#statsAt = now;
    return this.#verdict(now);
  }

  // The camera's side of the proxy is told OK whatever becomes of a picture here, so nobody else would notice.
  #verdict(now: number): End | null {
    const error = this.#options.error();
    if (error) return [this.#options.sends ? 'sending-failed' : 'camera-failed', `${error.element}: ${error.message}`];
    const silence = now - this.#heardAt;
    if (silence > this.#times.silenceMs)
      return ['rtcp-timeout', `nothing heard of the ${this.#peer.name} for ${Math.round(silence / 1000)} s`];
    const stalled = now - this.#movedAt;
    return this.#options.sends && stalled > this.#times.stalledMs
      ? ['sending-failed', `nothing was sent for ${Math.round(stalled / 1000)} s`]
      : null;
  }
}
