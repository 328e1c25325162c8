import { randomInt } from 'node:crypto';
import type { IceAgentSettings } from '../../domain/ice.js';
import {
  Connection,
  type ConnectionEvents,
  type ConnectionOptions,
  type ConnectionTimes,
  type Sending,
} from '../../gst/connection.js';
import { Peer, type SentStream } from '../../gst/peer.js';

export interface SentPeerOptions extends Sending {
  streams: readonly SentStream[];
  /** ns; see Peer. */
  baseTime: bigint;
  /** Null for one that meets nobody. */
  ice: IceAgentSettings | null;
  /** See ConnectionOptions. */
  who: ConnectionOptions['peer'];
  times?: ConnectionTimes | undefined;
}

/** Somebody who is sent video, from the first description to his end: his pipeline, and the watch over his connection. */
export class SentPeer {
  readonly peer: Peer;
  readonly #connection: Connection;
  #closed = false;

  constructor({ streams, baseTime, ice, who, times, ...sends }: SentPeerOptions, events: ConnectionEvents) {
    this.peer = new Peer({ streams, baseTime, ice });
    this.#connection = new Connection({
      webrtc: this.peer.webrtc,
      events,
      peer: who,
      error: () => this.peer.error(),
      sends,
      ...(times ? { times } : {}),
    });
  }

  /** Both sides have described themselves, or are about to: from now on the connection is watched. */
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

export function randomSsrc(): number {
  return randomInt(1, 2 ** 32 - 1);
}
