import type { Element } from '../../gst/native.js';
import { Channel } from '../encoding/channel.js';
import { Inlet } from './inlet.js';

export interface InletsEvents {
  opened(camera: string, port: number): void;
  closed(camera: string, port: number): void;
  keyframeWanted(camera: string): void;
}

interface Shared {
  channel: Channel;
  inlet: Inlet;
  users: number;
}

/** The cameras that other processes send here: one inlet for each, however many are sent its stream from here. */
export class Inlets {
  readonly #shared = new Map<string, Shared>();
  readonly #baseTime: bigint;
  readonly #events: InletsEvents;

  /** @param baseTime ns; see shareClock */
  constructor(baseTime: bigint, events: InletsEvents) {
    this.#baseTime = baseTime;
    this.#events = events;
  }

  /** To be let go of as often as it is held. */
  hold(camera: string): void {
    const shared = this.#shared.get(camera) ?? this.#open(camera);
    shared.users++;
  }

  letGo(camera: string): void {
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

  /** ms without a picture. */
  silence(camera: string): number {
    return this.#shared.get(camera)?.inlet.stream.silence() ?? Number.POSITIVE_INFINITY;
  }

  /** @throws Error if a thread is stuck, which only a new process helps */
  look(): void {
    for (const { inlet } of this.#shared.values()) inlet.stream.look();
  }

  close(): void {
    for (const { channel } of this.#shared.values()) channel.close();
    this.#shared.clear();
  }

  #open(camera: string): Shared {
    const inlet = new Inlet(this.#baseTime, {
      opened: port => this.#events.opened(camera, port),
      closed: port => this.#events.closed(camera, port),
      keyframeWanted: () => this.#events.keyframeWanted(camera),
    });
    const shared = { inlet, channel: new Channel(inlet), users: 0 };
    this.#shared.set(camera, shared);
    return shared;
  }
}
