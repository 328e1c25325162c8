import type { SessionFigures } from '../domain/media-engine.js';
import type { ElementError } from './pipeline.js';
import { type RtpStats, readRtpStats } from './rtp-stats.js';
import { Traffic } from './traffic.js';
import type { Webrtc } from './webrtc.js';

/** An end reason of the contract (schemas/end-reason.yaml) that a worker detects itself. */
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
  /** The first packet was sent; not for a peer that sends a camera. */
  sending?(): void;
  ended(reason: ConnectionEnd, detail: string | null): void;
  stats(figures: SessionFigures): void;
}

export interface ConnectionTimes {
  /** Maximum time from the answer until ICE and DTLS are up. */
  connectMs: number;
  /** Silence after which the peer is considered gone (RTCP reports come about every second). */
  silenceMs: number;
  statsMs: number;
  /** Nothing sent for so long although there are frames; without frames the camera is at fault, not the connection. */
  stalledMs: number;
}

export const CONNECTION_TIMES: ConnectionTimes = {
  connectMs: 15_000,
  silenceMs: 12_000,
  statsMs: 2_000,
  stalledMs: 7_000,
};

/** The sending side, for a peer that receives a camera. */
export interface Sending {
  /** SSRC of the video. */
  ssrc: number;
  /** ms since the last frame to send. */
  idleMs(): number;
  /** Null if GStreamer forwards the peer's requests to the encoder itself. */
  keyframes: KeyframeRequests | null;
}

/** Handles a peer's keyframe requests (PLI, FIR). */
export interface KeyframeRequests {
  /** Whether GStreamer forwards them to the encoder itself now. */
  areForwarded(): boolean;
  /** The peer has requested a keyframe. */
  requested(): void;
}

export interface ConnectionOptions {
  webrtc: Webrtc;
  events: ConnectionEvents;
  /** The peer and the direction of the media, in words for people. */
  peer: { name: string; path: string };
  /** The error of a pipeline element, if any. */
  error(): ElementError | null;
  /** Null for a peer that sends a camera. */
  sends: Sending | null;
  times?: ConnectionTimes;
}

/** Fast while somebody is likely waiting for the first frame; slower after that. */
const CONNECTING_POLL_MS = 3;
const EAGER_MS = 2_000;
const LATE_POLL_MS = 20;
const CONNECTED_POLL_MS = 250;
/** A viewer that requests a keyframe sees nothing new until it arrives. A poll costs 0.15 ms. */
const LISTENING_POLL_MS = 100;
/** Until the first packet is sent, which takes a keyframe; limited, as a lost camera sends none. */
const FIRST_PACKET_POLL_MS = 10;
const FIRST_PACKET_MS = 5_000;
/** Reading the figures takes 0.1 ms: more frequent callers get the cached ones. */
const POLL_INTERVAL_MS = 50;
const CLOCK_RATE = 90_000;

type End = [ConnectionEnd, string | null];

/** Watches a connection from its answer to its end, by polling: GStreamer must not call back. */
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
  /** Deadline for the first packet, performance.now(); null when not waiting for it. */
  #awaitsPacketUntil: number | null = null;
  readonly #traffic = new Traffic();

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#times = options.times ?? CONNECTION_TIMES;
    this.#peer = options.peer;
  }

  /** The answer is sent: watches the connection from now on. */
  watch(): void {
    if (this.#stopped) return;
    this.#answeredAt = performance.now();
    this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    if (this.#timer) clearTimeout(this.#timer);
  }

  /** The last traffic, performance.now(). */
  traffic(): Pick<Traffic, 'movedAt' | 'heardAt'> {
    const now = performance.now();
    if (this.#connected && !this.#stopped && now - this.#traffic.readAt > POLL_INTERVAL_MS) this.#read(now);
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
      this.#awaitsPacketUntil !== null
        ? FIRST_PACKET_POLL_MS
        : this.#mustForward()
          ? LISTENING_POLL_MS
          : CONNECTED_POLL_MS;
    const pause = this.#connected ? connected : eager ? CONNECTING_POLL_MS : LATE_POLL_MS;
    this.#timer = setTimeout(() => this.#poll(), pause);
  }

  #check(): End | null {
    const now = performance.now();
    const { webrtc, sends, events } = this.#options;
    const state = webrtc.state();
    if (state === 'failed')
      return webrtc.iceFailed()
        ? ['ice-failed', `no network path to the ${this.#peer.name} works`]
        : ['dtls-failed', `the DTLS handshake with the ${this.#peer.name} failed`];
    if (state === 'closed') return ['peer-closed', `the ${this.#peer.name} closed the connection`];
    if (this.#connected) {
      this.#awaitPacket(now);
      if (now - this.#statsAt >= this.#times.statsMs) return this.#measure(now);
      if (this.#mustForward()) this.#forwardKeyframeRequests(this.#read(now).keyframeRequests);
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
        `no connection within ${this.#times.connectMs / 1000} s: check that UDP passes ${this.#peer.path}`,
      ];
    }
    return null;
  }

  #mustForward(): boolean {
    return this.#options.sends?.keyframes?.areForwarded() === false;
  }

  #forwardKeyframeRequests(requests: number): void {
    if (requests > this.#requests && this.#mustForward()) this.#options.sends?.keyframes?.requested();
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
    this.#forwardKeyframeRequests(stats.keyframeRequests);
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
    return this.#findEnd(now);
  }

  // The proxy returns OK to the camera's pipeline whatever happens to a frame here, so nothing else detects it.
  #findEnd(now: number): End | null {
    const error = this.#options.error();
    if (error) return [this.#options.sends ? 'sending-failed' : 'camera-failed', `${error.element}: ${error.message}`];
    const silence = now - this.#heardAt;
    if (silence > this.#times.silenceMs)
      return ['rtcp-timeout', `no packet from the ${this.#peer.name} for ${Math.round(silence / 1000)} s`];
    const stalled = now - this.#movedAt;
    return this.#options.sends && stalled > this.#times.stalledMs
      ? ['sending-failed', `no packet sent for ${Math.round(stalled / 1000)} s`]
      : null;
  }
}
