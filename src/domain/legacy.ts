import type { LegacyForm } from '../protocol/legacy-message.js';
import type { Grant } from './access.js';
import type { Session } from './contract.js';
import type { ClientSocket } from './web-sockets.js';

/** The WebSocket of a legacy client. */
export interface LegacySocket extends ClientSocket {
  on(event: 'message', listener: (data: { toString(): string }, isBinary: boolean) => void): void;
  on(event: 'pong', listener: () => void): void;
  on(event: 'close', listener: (code: number) => void): void;
}

/** A client of the legacy signaling. */
export interface LegacyClientInfo {
  /** As the limits count it. */
  address: string;
  /** As its sessions show it. */
  client: Session['client'];
  /** For the log. */
  requestId: string;
  grant: Grant;
  /** Its current grant: the token may have expired or been revoked. @throws Failure */
  identify(): Promise<Grant>;
  /** Of the first descriptions sent to it. */
  form: LegacyForm;
  /** The cameras that it requests; null for all. */
  cameras: readonly string[] | null;
}

/** The legacy signaling as the HTTP server sees it. */
export interface LegacySignaling {
  start(): void;
  /** Whether another client may connect. @throws Failure */
  admit(address: string): void;
  /** Call for a client that was admitted. */
  join(socket: LegacySocket, client: LegacyClientInfo): void;
  close(): Promise<void>;
}
