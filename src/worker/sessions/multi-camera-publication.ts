import type { IceAgentSettings } from '../../domain/ice.js';
import { Connection, type ConnectionEvents } from '../../gst/connection.js';
import { Gst, type Pipeline } from '../../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Webrtc } from '../../gst/webrtc.js';
import { receivedCaps } from '../encoding/codec-elements.js';
import { Fanout } from '../encoding/fanout.js';
import { describeMultiCameraPublication } from '../encoding/launch.js';
import { LOOPBACK } from '../sources/rtp-receiver.js';
import { RtpSender } from './rtp-sender.js';

export interface MultiCameraPublicationOptions {
  /** In the order of the offer's media sections. */
  cameras: readonly string[];
  /** ns; see shareClock. */
  baseTime: bigint;
  ice: IceAgentSettings;
}

/** A peer that sends several cameras in one connection; each is forwarded to its camera's process. */
export class MultiCameraPublication {
  readonly #pipeline: Pipeline;
  readonly webrtc: Webrtc;
  readonly #baseTime: bigint;
  readonly #connection: Connection;
  readonly #fanouts: ReadonlyMap<string, Fanout>;
  readonly #senders = new Map<string, RtpSender>();
  #closed = false;

  constructor({ cameras, baseTime, ice }: MultiCameraPublicationOptions, events: ConnectionEvents) {
    this.#baseTime = baseTime;
    this.#pipeline = parseLaunch(describeMultiCameraPublication(cameras.length));
    this.webrtc = new Webrtc(element(this.#pipeline, 'webrtc'), ice);
    for (const _ of cameras)
      this.webrtc.receive(receivedCaps('H264', { payloadType: LOOPBACK.payloadType, extensions: [] }), true);
    this.#fanouts = new Map(cameras.map((camera, index) => [camera, new Fanout(this.#pipeline, `video${index}`)]));
    shareClock(this.#pipeline, baseTime);
    this.#pipeline.setState(Gst.State.PLAYING);
    this.#connection = new Connection({
      webrtc: this.webrtc,
      events,
      peer: { name: 'sender', path: 'from the sender to the robot' },
      error: () => drainBus(this.#pipeline).error,
      sends: null,
    });
  }

  /** Answers an offer with one media section per camera. */
  answer(offer: string): Promise<string> {
    return this.webrtc.answer(offer);
  }

  /** Monitors the connection; to be called when the answer is sent. */
  watch(): void {
    this.#connection.watch();
  }

  /** Forwards a camera to a port of the loopback interface, instead of any previous one. */
  forwardTo(camera: string, port: number): void {
    const fanout = this.#fanouts.get(camera);
    if (!fanout) return;
    this.stopForward(camera);
    const sender = new RtpSender(port, this.#baseTime);
    this.#senders.set(camera, sender);
    for (const sink of sender.proxySinks) fanout.attach(sink);
    fanout.requestKeyframe();
  }

  stopForward(camera: string): void {
    const sender = this.#senders.get(camera);
    if (!sender) return;
    this.#senders.delete(camera);
    sender.close();
    for (const sink of sender.proxySinks) this.#fanouts.get(camera)?.detach(sink);
  }

  requestKeyframe(camera: string): void {
    this.#fanouts.get(camera)?.requestKeyframe();
  }

  traffic(): ReturnType<Connection['traffic']> {
    return this.#connection.traffic();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.stop();
    for (const camera of this.#fanouts.keys()) this.stopForward(camera);
    this.webrtc.release();
    for (const fanout of this.#fanouts.values()) fanout.detachAll();
    closePipeline(this.#pipeline);
  }
}
