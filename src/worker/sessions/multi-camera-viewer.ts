import type { IceAgentSettings } from '../../domain/ice.js';
import type { ConnectionEvents, KeyframeRequests } from '../../gst/connection.js';
import { sentStream } from '../encoding/codec-elements.js';
import { LOOPBACK } from '../sources/rtp-receiver.js';
import { randomSsrc, SentPeer } from './sent-peer.js';

export interface MultiCameraViewerOptions {
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
export class MultiCameraViewer extends SentPeer {
  readonly #sections: number;

  constructor({ cameras, ...options }: MultiCameraViewerOptions, events: ConnectionEvents) {
    // In a bundle streams of one payload type are told apart by their SSRCs, which the offer names.
    const ssrcs = Array.from({ length: cameras }, randomSsrc);
    const { payloadType } = LOOPBACK;
    const streams = ssrcs.map(ssrc => sentStream('H264', { payloadType, ssrc, retransmit: true }));
    const who = { name: 'receiver', path: 'from the receiver to the robot' };
    super({ ...options, streams, ssrc: ssrcs[0] ?? 0, who }, events);
    this.#sections = cameras;
  }

  async offer(): Promise<string> {
    for (let section = 0; section < this.#sections; section++) this.peer.webrtc.sendOnly(section);
    return await this.peer.webrtc.offer();
  }

  /** Takes the peer's answer, and watches the connection from now on. @throws Error if webrtcbin does not */
  accept(answer: string): void {
    this.peer.webrtc.accept(answer);
    this.watch();
  }
}
