import { randomInt } from 'node:crypto';
import type { IceAgentSettings } from '../domain/ports.js';
import { Connection, type ConnectionEvents, type ConnectionTimes, type KeyframeRequests } from '../gst/connection.js';
import { Peer } from '../gst/peer.js';
import type { VideoCodecName } from '../protocol/codecs.js';
import { sentStream } from './codec-elements.js';

export interface ViewerOptions {
  video: { codec: VideoCodecName; payloadType: number; retransmit: boolean };
  /** Null sends no sound. */
  audio: { payloadType: number } | null;
  /** ns; see Peer. */
  baseTime: bigint;
  /** Null for one that meets nobody. */
  ice: IceAgentSettings | null;
  /** ms since the camera brought a picture. */
  idleMs(): number;
  /** Null for one whose requests the encoder hears by itself. */
  keyframes: KeyframeRequests | null;
  times?: ConnectionTimes;
}

/** One viewer from its offer to its end. */
export class Viewer {
  readonly peer: Peer;
  readonly #connection: Connection;
  #closed = false;

  constructor({ video, audio, baseTime, ice, idleMs, keyframes, times }: ViewerOptions, events: ConnectionEvents) {
    const ssrc = randomSsrc();
    this.peer = new Peer({
      streams: [
        sentStream(video.codec, { ...video, ssrc }),
        ...(audio ? [sentStream('OPUS', { ...audio, ssrc: randomSsrc(), retransmit: false })] : []),
      ],
      baseTime,
      ice,
    });
    this.#connection = new Connection({
      webrtc: this.peer.webrtc,
      events,
      peer: { name: 'viewer', path: 'from the viewer to the robot' },
      error: () => this.peer.error(),
      sends: { ssrc, idleMs, keyframes },
      ...(times ? { times } : {}),
    });
  }

  answer(offer: string): Promise<string> {
    return this.peer.webrtc.answer(offer);
  }

  /** The answer is on its way: from now on the connection is watched. */
  watch(): void {
    this.#connection.watch();
  }

  /** See Connection.traffic. */
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

function randomSsrc(): number {
  return randomInt(1, 2 ** 32 - 1);
}
