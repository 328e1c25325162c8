import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Contract, routeOf } from '../../../contract/contract.js';
import { MAX_LEGACY_MESSAGE } from '../../../protocol/legacy-message.js';
import { selectProtocol } from '../../../protocol/socket-token.js';
import { problem } from '../problems.js';
import { send } from './errors.js';

/** How long the server waits for the client's close frame before it closes the connection. */
const CLOSE_TIMEOUT_MS = 2_000;

/**
 * Accepts WebSockets on the operations that answer 101 in the contract, and refuses them elsewhere. An upgrade to a
 * protocol that is not supported (`h2c`: Java's HTTP client requests it every time) is ignored (RFC 9110 §7.8).
 */
export async function acceptUpgrades(app: FastifyInstance, contract: Contract): Promise<void> {
  const webSockets = new Set(
    Object.entries(contract.paths)
      .filter(([, item]) => item.get?.responses !== undefined && '101' in item.get.responses)
      .map(([path]) => routeOf(path)),
  );
  // Upgrades are filtered before ws sees them.
  const upgrades = new EventEmitter();
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') upgrades.emit('upgrade', request, socket, head);
    else handleAsPlainRequest(app, request, socket, head);
  });
  // A constant, as the types of ws lack closeTimeout.
  const options = {
    server: upgrades as never,
    maxPayload: MAX_LEGACY_MESSAGE,
    closeTimeout: CLOSE_TIMEOUT_MS,
    handleProtocols: selectProtocol,
  };
  await app.register(websocket, {
    options,
    // The handlers close their own sockets.
    preClose: async () => undefined,
    errorHandler: (err, socket, request) => {
      request.log.debug({ err, address: request.ip }, 'websocket failed');
      socket.close();
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws || webSockets.has(request.routeOptions.url ?? '')) return;
    return send(reply, problem('not-found', 'There is no WebSocket here.', 'GET /docs lists all operations.'));
  });
}

/**
 * The legacy signaling was at `/`, where the dashboard is now: a WebSocket at `/` is handled as one at `/signaling`.
 * For Fastify's `rewriteUrl`.
 */
export function rewriteLegacyAddress(raw: IncomingMessage, url: string): string {
  return raw.headers.upgrade?.toLowerCase() === 'websocket' && /^\/(?=\?|$)/.test(url)
    ? `/signaling${url.slice(1)}`
    : url;
}

/** Answers a plain request to a WebSocket endpoint. @param what it sends, as in "Events are sent" */
export function requireUpgrade(request: FastifyRequest, reply: FastifyReply, what: string, path: string): FastifyReply {
  const scheme = request.protocol === 'https' ? 'wss' : 'ws';
  return send(
    reply.header('Upgrade', 'websocket').header('Connection', 'Upgrade'),
    problem('upgrade-required', `${what} over a WebSocket (RFC 6455).`, `Open one: ${scheme}://HOST${path}.`),
  );
}

/** Lets Node parse the request again, without the headers that made it an upgrade. */
function handleAsPlainRequest(app: FastifyInstance, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const omitted = new Set(['upgrade', 'connection', 'http2-settings']);
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
    if (!omitted.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  // A TLS socket is already decrypted: as a new 'connection' it would start another handshake.
  app.server.emit(socket instanceof TLSSocket ? 'secureConnection' : 'connection', socket);
}
