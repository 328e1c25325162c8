import type { IceAgentSettings } from '../../domain/ice.js';
import { Connection, type ConnectionEvents } from '../../gst/connection.js';
import { Webrtc } from '../../gst/webrtc.js';
import type { AgreedAudio, AgreedVideo } from '../../messages/camera-worker.js';
import { receivedCaps } from '../encoding/codec-elements.js';
import { describePublication } from '../encoding/launch.js';
import { StreamPipeline } from '../encoding/stream-pipeline.js';
import { CameraFailure, publisherLeft } from '../failure.js';
import type { OpenedSource } from './opened-source.js';

export interface PublicationOptions {
  video: AgreedVideo;
  /** Null takes no audio. */
  audio: AgreedAudio | null;
  ice: IceAgentSettings;
  events: ConnectionEvents;
  /** ns; see shareClock. */
  baseTime: bigint;
}

export interface PublishRequest extends Omit<PublicationOptions, 'events' | 'baseTime'> {
  offer: string;
}

export type PublisherEvents = ConnectionEvents;

/** From the answer on, connecting included: a publisher that connects and sends nothing is ended. */
const FIRST_FRAME_MS = 20_000;

/** A publisher's stream, which is passed through. */
export class Publication implements OpenedSource {
  readonly stream: StreamPipeline;
  readonly webrtc: Webrtc;
  readonly #connection: Connection;
  #closed = false;

  constructor({ video, audio, ice, events, baseTime }: PublicationOptions) {
    this.stream = new StreamPipeline(video.codec, describePublication(video.codec, audio !== null), baseTime);
    this.webrtc = new Webrtc(this.stream.element('webrtc'), ice);
    this.webrtc.receive(receivedCaps(video.codec, video), video.retransmit);
    if (audio) this.webrtc.receive(receivedCaps('OPUS', audio), false);
    this.stream.video.pause();
    this.stream.play();
    this.#connection = new Connection({
      webrtc: this.webrtc,
      events,
      peer: { name: 'publisher', path: 'from the publisher to the robot' },
      error: () => this.#error(),
      sends: null,
    });
  }

  count(): number {
    return this.stream.video.count();
  }

  /** A failure ends its session, which closes it. */
  check(): null {
    return null;
  }

  answer(offer: string): Promise<string> {
    return this.webrtc.answer(offer);
  }

  watch(): void {
    this.#connection.watch();
  }

  /** See Connection.traffic. */
  traffic(): ReturnType<Connection['traffic']> {
    return this.#connection.traffic();
  }

  async firstFrame(): Promise<void> {
    const found = await this.stream.firstFrame(FIRST_FRAME_MS, () => !this.#closed);
    if (found === 'arrived') return;
    if (found === 'late')
      throw new CameraFailure(
        `The publisher sent no frame within ${FIRST_FRAME_MS / 1000} s.`,
        "Check the publisher's camera, and that UDP from the publisher reaches the robot.",
      );
    throw publisherLeft();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.stop();
    this.webrtc.release();
    this.stream.close();
  }

  #error(): { element: string; message: string; debug: string } | null {
    const { failed } = this.stream.check();
    return typeof failed === 'string' ? { element: 'publisher', message: failed, debug: '' } : failed;
  }
}
