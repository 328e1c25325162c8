import type { ConnectionCamera } from '../../domain/multi-camera.js';

export interface MultiCameraConnection {
  /** The cameras of the active sessions, by session. */
  readonly parts: Map<string, string>;
  /** Whether the peer sends the cameras; else it receives them. */
  readonly isSending: boolean;
  /** Whether the process knows it. */
  isStarted: boolean;
  /** webrtcbin's offer to the peer, and the mids of its sections for the peer. */
  offer: { sdp: string; mids: readonly string[] } | null;
  /** Aborts what it waits for. */
  readonly abort: AbortController;
}

/** The multi-camera connections, by name. */
export class MultiCameraConnectionTable extends Map<string, MultiCameraConnection> {
  add(
    connection: string,
    parts: readonly ConnectionCamera[],
    { isSending }: { isSending: boolean },
  ): MultiCameraConnection {
    const entry = {
      parts: new Map(parts.map(({ session, camera }) => [session, camera])),
      isSending,
      isStarted: false,
      offer: null,
      abort: new AbortController(),
    };
    this.set(connection, entry);
    return entry;
  }

  sessionsOf(connection: string): string[] {
    return [...(this.get(connection)?.parts.keys() ?? [])];
  }

  /** The sessions of a camera in a connection. */
  sessionsWith(connection: string, camera: string): string[] {
    return [...(this.get(connection)?.parts ?? [])].flatMap(([session, other]) => (other === camera ? [session] : []));
  }

  /** The connection over which a camera is received. */
  senderOf(camera: string): string | undefined {
    for (const [connection, { isSending }] of this)
      if (isSending && this.sessionsWith(connection, camera).length > 0) return connection;
    return undefined;
  }
}
