import { describeDepayloader } from '../encoding/codec-elements.js';
import { describeFanout } from '../encoding/launch.js';
import { StreamPipeline } from '../encoding/stream-pipeline.js';
import { type CameraFailure, explain } from '../failure.js';
import type { OpenedSource } from './opened-source.js';

/** RTP between two processes of this server; nobody else reads it. */
export const LOOPBACK = { host: '127.0.0.1', payloadType: 96 } as const;

export interface RtpReceiverEvents {
  /** It receives on this UDP port of the loopback interface. */
  opened(port: number): void;
  closed(port: number): void;
  /** The sender is to make a keyframe: there is no RTCP back to it. */
  keyframeWanted(): void;
}

/** An H.264 stream that another process of this server sends with an RtpSender. */
export class RtpReceiver implements OpenedSource {
  readonly stream: StreamPipeline;
  readonly port: number;
  readonly #events: RtpReceiverEvents;
  #isClosed = false;

  /** Builds and starts it. @param baseTime ns; see shareClock @throws PipelineError if an element is missing */
  constructor(baseTime: bigint, events: RtpReceiverEvents) {
    this.#events = events;
    this.stream = new StreamPipeline('H264', LINE, baseTime, () => events.keyframeWanted());
    this.stream.play();
    this.port = this.stream.element('source').port as number;
    events.opened(this.port);
  }

  count(): number {
    return this.stream.video.count();
  }

  check(): CameraFailure | null {
    const { failed } = this.stream.check();
    return failed ? explain({ type: 'forwarded', by: 'another process of this server' }, failed) : null;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.stream.close();
    this.#events.closed(this.port);
  }
}

const { host, payloadType } = LOOPBACK;
const LINE = [
  `udpsrc name=source address=${host} port=0 caps="application/x-rtp,media=video,encoding-name=H264,clock-rate=90000,payload=${payloadType}"`,
  describeDepayloader('H264'),
  describeFanout('video'),
].join(' ! ');
