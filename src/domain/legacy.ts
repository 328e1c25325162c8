import type { LegacyForm } from '../protocol/legacy-message.js';
import type { Grant } from './access.js';
import type { Session } from './contract.js';
import type { ClientSocket } from './web-sockets.js';

/** What is needed of an old client's WebSocket. */
export interface LegacySocket extends ClientSocket {
  on(event: 'message', listener: (data: { toString(): string }, isBinary: boolean) => void): void;
  on(event: 'pong', listener: () => void): void;
  on(event: 'close', listener: (code: number) => void): void;
}

/** Whoever comes to the signaling of the first system. */
export interface LegacyClientInfo {
  /** As limits count. */
  address: string;
  /** As sessions show it. */
  client: Session['client'];
  /** For the log. */
  requestId: string;
  grant: Grant;
  /** What it may do now: its token may expire, or be taken away. @throws Failure */
  identify(): Promise<Grant>;
  /** Of the descriptions that it is sent first. */
  form: LegacyForm;
  /** The cameras that it asks for; null for all. */
  cameras: readonly string[] | null;
}

/** The signaling of the first system, as far as HTTP knows of it. */
export interface LegacySignaling {
  start(): void;
  /** Whether another client may come in. @throws Failure */
  admit(address: string): void;
  /** To be called for who was admitted. */
  join(socket: LegacySocket, visitor: LegacyClientInfo): void;
  close(): Promise<void>;
}
