import { randomInt } from 'node:crypto';
import type { IceAgentSettings } from '../domain/ports.js';
import { Connection, type ConnectionEvents, type KeyframeRequests } from '../gst/connection.js';
import { Peer } from '../gst/peer.js';
import { sentStream } from './codec-elements.js';
import { LOOPBACK } from './inlet.js';

export interface BundleViewerOptions {
  /** Of sections. */
  cameras: number;
  /** ns; see Peer. */
  baseTime: bigint;
  ice: IceAgentSettings;
  /** ms since any of the cameras brought a picture. */
  idleMs(): number;
  keyframes: KeyframeRequests;
}

/** A peer that is offered several cameras in one connection, from the offer to its end. */
export class BundleViewer {
  readonly peer: Peer;
  readonly #connection: Connection;
  readonly #isOffered: Promise<string>;
  #closed = false;

  constructor({ cameras, baseTime, ice, idleMs, keyframes }: BundleViewerOptions, events: ConnectionEvents) {
    // In a bundle streams of one payload type are told apart by their SSRCs, which the offer names.
    const ssrcs = Array.from({ length: cameras }, () => randomInt(1, 2 ** 32 - 1));
    this.peer = new Peer({
      streams: ssrcs.map(ssrc => sentStream('H264', { payloadType: LOOPBACK.payloadType, ssrc, retransmit: true })),
      baseTime,
      ice,
    });
    ssrcs.forEach((_, section) => {
      this.peer.webrtc.sendOnly(section);
    });
    this.#connection = new Connection({
      webrtc: this.peer.webrtc,
      events,
      peer: { name: 'receiver', path: 'from the receiver to the robot' },
      error: () => this.peer.error(),
      sends: { ssrc: ssrcs[0] ?? 0, idleMs, keyframes },
    });
    this.#isOffered = this.peer.webrtc.offer();
    this.#isOffered.catch(() => undefined);
  }

  offer(): Promise<string> {
    return this.#isOffered;
  }

  /** Takes the peer's answer, and watches the connection from now on. @throws Error if webrtcbin does not */
  accept(answer: string): void {
    this.peer.webrtc.accept(answer);
    this.#connection.watch();
  }

  traffic(): ReturnType<Connection['traffic']> {
    return this.#connection.traffic();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.stop();
    this.peer.close();
  }
}
