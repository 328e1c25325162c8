import type { IceAgentSettings } from '../../domain/ice.js';
import type { ConnectionEvents, KeyframeRequests } from '../../gst/connection.js';
import { sentStream } from '../encoding/codec-elements.js';
import { LOOPBACK } from '../sources/rtp-receiver.js';
import { randomSsrc, SentPeer } from './sent-peer.js';

export interface MultiCameraViewerOptions {
  /** The number of media sections. */
  cameras: number;
  /** ns; see Peer. */
  baseTime: bigint;
  ice: IceAgentSettings;
  /** ms since the last frame of any of the cameras. */
  idleMs(): number;
  keyframes: KeyframeRequests;
}

/** A peer that is offered several cameras in one connection, from the offer to its end. */
export class MultiCameraViewer extends SentPeer {
  readonly #sections: number;

  constructor({ cameras, ...options }: MultiCameraViewerOptions, events: ConnectionEvents) {
    // In a BUNDLE group streams of one payload type are identified by their SSRCs, which the offer has.
    const ssrcs = Array.from({ length: cameras }, randomSsrc);
    const { payloadType } = LOOPBACK;
    const streams = ssrcs.map(ssrc => sentStream('H264', { payloadType, ssrc, retransmit: true }));
    const remote = { name: 'receiver', path: 'from the receiver to the robot' };
    super({ ...options, streams, ssrc: ssrcs[0] ?? 0, remote }, events);
    this.#sections = cameras;
  }

  async offer(): Promise<string> {
    for (let section = 0; section < this.#sections; section++) this.peer.webrtc.sendOnly(section);
    return await this.peer.webrtc.offer();
  }

  /** Applies the peer's answer, and monitors the connection from now on. @throws Error if webrtcbin rejects it */
  accept(answer: string): void {
    this.peer.webrtc.accept(answer);
    this.watch();
  }
}
