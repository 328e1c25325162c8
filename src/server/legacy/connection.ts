import { randomUUID } from 'node:crypto';
import type { EndReason } from '../../domain/contract.js';
import type { ConnectionCamera, ConnectionOffer, MultiCameraConnections } from '../../domain/multi-camera.js';
import type { SharedRequest } from '../../domain/session-opening.js';
import type { Sessions } from '../../domain/sessions.js';
import { type LegacyClient, requesterOf } from './client.js';

/** A connection with a legacy client: the sessions of its cameras, and candidates that arrive early. */
export class LegacyConnection {
  /** Identifies it to the engine. */
  readonly connection = randomUUID();
  readonly #sessions: Sessions;
  readonly #connections: MultiCameraConnections;
  readonly #abort = new AbortController();
  /** Of its active sessions. */
  #ids = new Set<string>();
  /** Null once both sides have described themselves. */
  #early: string[] | null = [];

  constructor({ sessions, connections }: { sessions: Sessions; connections: MultiCameraConnections }) {
    this.#sessions = sessions;
    this.#connections = connections;
  }

  /** Aborts when it is ended. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /**
   * Opens a session for each camera.
   * @param join makes the connection
   * @throws Failure, OfferError
   */
  async share(
    client: LegacyClient,
    { cameras, protocol }: Pick<SharedRequest, 'cameras' | 'protocol'>,
    join: (parts: readonly ConnectionCamera[]) => Promise<ConnectionOffer>,
  ): Promise<ConnectionOffer> {
    const { joined } = await this.#sessions.share(
      { cameras, protocol, ...requesterOf(client), signal: this.signal },
      async parts => {
        this.#ids = new Set(parts.map(({ session }) => session));
        return await join(parts);
      },
    );
    return joined;
  }

  candidate(value: string): void {
    if (this.#early) this.#early.push(value);
    else this.#connections.trickleConnection(this.connection, [value]);
  }

  /** Both sides have described themselves: adds the candidates so far, and further ones as they arrive. */
  described(): void {
    const early = this.#early ?? [];
    this.#early = null;
    this.#connections.trickleConnection(this.connection, early);
  }

  get isDescribed(): boolean {
    return this.#early === null;
  }

  /** @returns whether it was the last of its sessions */
  sessionEnded(id: string): boolean {
    return this.#ids.delete(id) && this.#ids.size === 0;
  }

  end(reason: EndReason, detail: string | null): void {
    for (const id of [...this.#ids]) this.#sessions.end(id, reason, detail);
    this.#abort.abort();
  }
}
