import type { IceAgentSettings } from '../../domain/ice.js';
import type { ConnectionEvents, ConnectionTimes, KeyframeRequests } from '../../gst/connection.js';
import type { VideoCodecName } from '../../protocol/codecs.js';
import { sentStream } from '../encoding/codec-elements.js';
import { randomSsrc, SentPeer } from './sent-peer.js';

export interface ViewerOptions {
  video: { codec: VideoCodecName; payloadType: number; retransmit: boolean };
  /** Null sends no audio. */
  audio: { payloadType: number } | null;
  /** ns; see Peer. */
  baseTime: bigint;
  /** Null for a viewer that never connects. */
  ice: IceAgentSettings | null;
  /** ms since the camera's last frame. */
  idleMs(): number;
  /** Null if its requests always reach the encoder as upstream events. */
  keyframes: KeyframeRequests | null;
  times?: ConnectionTimes;
}

/** One viewer from its offer to its end. */
export class Viewer extends SentPeer {
  constructor({ video, audio, ...options }: ViewerOptions, events: ConnectionEvents) {
    const ssrc = randomSsrc();
    const streams = [
      sentStream(video.codec, { ...video, ssrc }),
      ...(audio ? [sentStream('OPUS', { ...audio, ssrc: randomSsrc(), retransmit: false })] : []),
    ];
    const remote = { name: 'viewer', path: 'from the viewer to the robot' };
    super({ ...options, streams, ssrc, remote }, events);
  }

  answer(offer: string): Promise<string> {
    return this.peer.webrtc.answer(offer);
  }
}
