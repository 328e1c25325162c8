import { WebSocket } from 'ws';
import { HELLO, type LegacyMessage, MAX_LEGACY_MESSAGE, parseLegacyMessage } from '../protocol/legacy-message.js';
import { ReceiveFailure } from './failure.js';
import { printable } from './request.js';
import { trusted } from './trust.js';

const CONNECT_MS = 5_000;

/** A connection to a legacy signaling server. */
export class LegacySignaling {
  readonly #socket: WebSocket;
  /** Resolves with the reason when the connection has closed, from either side. */
  readonly closed: Promise<string>;

  private constructor(socket: WebSocket, closed: Promise<string>) {
    this.#socket = socket;
    this.closed = closed;
  }

  /**
   * @param onMessage receives the protocol's messages; anything else is ignored
   * @param signal closes the connection, also while it is being opened
   * @throws ReceiveFailure
   */
  static async connect(
    url: URL,
    token: string | null,
    onMessage: (message: LegacyMessage) => void,
    signal?: AbortSignal,
  ): Promise<LegacySignaling> {
    const socket = new WebSocket(url, {
      handshakeTimeout: CONNECT_MS,
      maxPayload: MAX_LEGACY_MESSAGE,
      headers: token === null ? {} : { Authorization: `Bearer ${token}` },
      ...trusted(),
    });
    const closed = new Promise<string>(resolve => {
      socket.once('close', (code, reason) => resolve(printable(reason.toString()) || `code ${code}`));
    });
    socket.on('message', data => {
      const message = parseLegacyMessage(String(data));
      if (message) onMessage(message);
    });
    const stop = (): void => socket.terminate();
    signal?.addEventListener('abort', stop, { once: true });
    void closed.then(() => signal?.removeEventListener('abort', stop));
    const open = new Promise<void>((resolve, reject) => {
      socket.once('open', resolve);
      socket.once('unexpected-response', (_, response) =>
        reject(
          response.statusCode === 401 || response.statusCode === 403
            ? new ReceiveFailure(
                'unauthorized',
                `${url.host} answered ${response.statusCode}`,
                'Use a token with permission to view',
              )
            : new ReceiveFailure(
                'invalid-answer',
                `${url.host} answered ${response.statusCode} and is not a signaling server`,
              ),
        ),
      );
      socket.on('error', error => reject(failureOf(url, error)));
    });
    if (signal?.aborted) stop();
    try {
      await open;
    } catch (error) {
      // With a listener for unexpected-response, ws leaves the connection open.
      socket.terminate();
      throw error;
    }
    return new LegacySignaling(socket, closed);
  }

  send(text: string): void {
    if (this.#socket.readyState === WebSocket.OPEN) this.#socket.send(text, () => undefined);
  }

  hello(): void {
    this.send(HELLO);
  }

  close(): void {
    this.#socket.close();
  }
}

function failureOf(url: URL, error: Error): ReceiveFailure {
  const code = 'code' in error ? String(error.code) : '';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return new ReceiveFailure(
      'unknown-host',
      `there is no host "${url.hostname}"`,
      'Check its name, or use its address',
    );
  return new ReceiveFailure(
    'unreachable',
    code === 'ECONNREFUSED'
      ? `${url.host} refuses the connection`
      : `${url.host} cannot be reached: ${printable(error.message)}`,
    'Start the signaling server there, or use the right port (default: 8765)',
  );
}
