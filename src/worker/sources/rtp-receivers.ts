import type { Element } from '../../gst/native.js';
import { Channel } from '../encoding/channel.js';
import { RtpReceiver } from './rtp-receiver.js';

export interface RtpReceiversEvents {
  opened(camera: string, port: number): void;
  closed(camera: string, port: number): void;
  keyframeWanted(camera: string): void;
}

interface Shared {
  channel: Channel;
  receiver: RtpReceiver;
  users: number;
}

/** The cameras that other processes send to this one: one RtpReceiver per camera, shared by all connections. */
export class RtpReceivers {
  readonly #shared = new Map<string, Shared>();
  readonly #baseTime: bigint;
  readonly #events: RtpReceiversEvents;

  /** @param baseTime ns; see shareClock */
  constructor(baseTime: bigint, events: RtpReceiversEvents) {
    this.#baseTime = baseTime;
    this.#events = events;
  }

  /** To be balanced by as many calls of `release`. */
  retain(camera: string): void {
    const shared = this.#shared.get(camera) ?? this.#open(camera);
    shared.users++;
  }

  release(camera: string): void {
    const shared = this.#shared.get(camera);
    if (!shared || --shared.users > 0) return;
    this.#shared.delete(camera);
    shared.channel.close();
  }

  attach(camera: string, sinks: readonly Element[]): void {
    this.#shared.get(camera)?.channel.attach(sinks);
  }

  detach(camera: string, sinks: readonly Element[]): void {
    this.#shared.get(camera)?.channel.detach(sinks);
  }

  /** ms since the last frame. */
  idleMs(camera: string): number {
    return this.#shared.get(camera)?.receiver.stream.idleMs() ?? Number.POSITIVE_INFINITY;
  }

  /** @throws Error if a thread is stuck, which only a new process helps */
  check(): void {
    for (const { receiver } of this.#shared.values()) receiver.stream.check();
  }

  close(): void {
    for (const { channel } of this.#shared.values()) channel.close();
    this.#shared.clear();
  }

  #open(camera: string): Shared {
    const receiver = new RtpReceiver(this.#baseTime, {
      opened: port => this.#events.opened(camera, port),
      closed: port => this.#events.closed(camera, port),
      keyframeWanted: () => this.#events.keyframeWanted(camera),
    });
    const shared = { receiver, channel: new Channel(receiver), users: 0 };
    this.#shared.set(camera, shared);
    return shared;
  }
}
