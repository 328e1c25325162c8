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
  /** Null for a peer that never connects. */
  ice: IceAgentSettings | null;
  /** See ConnectionOptions. */
  remote: ConnectionOptions['peer'];
  times?: ConnectionTimes | undefined;
}

/**
 * A peer that is sent video, from the first description to its end: its pipeline, and the monitoring of its connection.
 */
export class SentPeer {
  readonly peer: Peer;
  readonly #connection: Connection;
  #closed = false;

  constructor({ streams, baseTime, ice, remote, times, ...sends }: SentPeerOptions, events: ConnectionEvents) {
    this.peer = new Peer({ streams, baseTime, ice });
    this.#connection = new Connection({
      webrtc: this.peer.webrtc,
      events,
      peer: remote,
      error: () => this.peer.error(),
      sends,
      ...(times ? { times } : {}),
    });
  }

  /** Monitors the connection; to be called when offer and answer are complete, or about to be. */
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
