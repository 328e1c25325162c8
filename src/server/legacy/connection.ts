import { randomUUID } from 'node:crypto';
import type { EndReason } from '../../domain/contract.js';
import type { ConnectionCamera, ConnectionOffer, MultiCameraConnections } from '../../domain/multi-camera.js';
import type { SharedRequest } from '../../domain/session-opening.js';
import type { Sessions } from '../../domain/sessions.js';
import { type LegacyClient, whoIs } from './client.js';

/** A connection with an old client: the sessions of its cameras, and the candidates that come before they are of use. */
export class LegacyConnection {
  /** Names it to the engine. */
  readonly connection = randomUUID();
  readonly #sessions: Sessions;
  readonly #connections: MultiCameraConnections;
  readonly #abort = new AbortController();
  /** Of those sessions that go on. */
  #ids = new Set<string>();
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
      { cameras, protocol, ...whoIs(client), signal: this.signal },
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

  /** Both sides have described themselves: candidates are of use from now on, and those that came before. */
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
