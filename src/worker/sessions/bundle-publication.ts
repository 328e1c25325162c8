import type { IceAgentSettings } from '../../domain/ice.js';
import { Connection, type ConnectionEvents } from '../../gst/connection.js';
import { Gst, type Pipeline } from '../../gst/native.js';
import { closePipeline, drainBus, element, parseLaunch, shareClock } from '../../gst/pipeline.js';
import { Webrtc } from '../../gst/webrtc.js';
import { receivedCaps } from '../encoding/codec-elements.js';
import { Fan } from '../encoding/fan.js';
import { describeBundlePublication } from '../encoding/launch.js';
import { LOOPBACK } from '../sources/inlet.js';
import { Outlet } from './outlet.js';

export interface BundlePublicationOptions {
  /** In the order of the sections of the offer. */
  cameras: readonly string[];
  /** ns; see shareClock. */
  baseTime: bigint;
  ice: IceAgentSettings;
}

/** A peer that sends several cameras in one connection; each goes on to where it is wanted. */
export class BundlePublication {
  readonly #pipeline: Pipeline;
  readonly webrtc: Webrtc;
  readonly #baseTime: bigint;
  readonly #connection: Connection;
  readonly #fans: ReadonlyMap<string, Fan>;
  readonly #outlets = new Map<string, Outlet>();
  #closed = false;

  constructor({ cameras, baseTime, ice }: BundlePublicationOptions, events: ConnectionEvents) {
    this.#baseTime = baseTime;
    this.#pipeline = parseLaunch(describeBundlePublication(cameras.length));
    this.webrtc = new Webrtc(element(this.#pipeline, 'webrtc'), ice);
    for (const _ of cameras)
      this.webrtc.receive(receivedCaps('H264', { payloadType: LOOPBACK.payloadType, extensions: [] }), true);
    this.#fans = new Map(cameras.map((camera, index) => [camera, new Fan(this.#pipeline, `video${index}`)]));
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

  /** Answers an offer of as many sections as there are cameras. */
  answer(offer: string): Promise<string> {
    return this.webrtc.answer(offer);
  }

  /** The answer is on its way: from now on the connection is watched. */
  watch(): void {
    this.#connection.watch();
  }

  /** Sends a camera to a port of this machine from now on, and nowhere else. */
  sendTo(camera: string, port: number): void {
    const fan = this.#fans.get(camera);
    if (!fan) return;
    this.stopSending(camera);
    const outlet = new Outlet(port, this.#baseTime);
    this.#outlets.set(camera, outlet);
    for (const sink of outlet.proxySinks) fan.attach(sink);
    fan.requestKeyframe();
  }

  stopSending(camera: string): void {
    const outlet = this.#outlets.get(camera);
    if (!outlet) return;
    this.#outlets.delete(camera);
    outlet.close();
    for (const sink of outlet.proxySinks) this.#fans.get(camera)?.detach(sink);
  }

  requestKeyframe(camera: string): void {
    this.#fans.get(camera)?.requestKeyframe();
  }

  traffic(): ReturnType<Connection['traffic']> {
    return this.#connection.traffic();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#connection.stop();
    for (const camera of this.#fans.keys()) this.stopSending(camera);
    this.webrtc.release();
    for (const fan of this.#fans.values()) fan.detachAll();
    closePipeline(this.#pipeline);
  }
}
