import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import websocket from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { type Contract, routeOf } from '../../../contract/contract.js';
import { MAX_LEGACY_MESSAGE } from '../../../protocol/legacy-message.js';
import { protocolToSpeak } from '../../../protocol/socket-token.js';
import { problem } from '../problems.js';
import { send } from './errors.js';

/** How long whoever is cut off may go on to send. */
const GOODBYE_MS = 2_000;

/**
 * Takes WebSockets where the contract has one, which is where it answers 101, and refuses them elsewhere. Whoever asks
 * to go on in another protocol that is not spoken here (`h2c`: Java's HTTP client does so with each request) is answered
 * as if it had not asked (RFC 9110 §7.8).
 */
export async function acceptUpgrades(app: FastifyInstance, contract: Contract): Promise<void> {
  const webSockets = new Set(
    Object.entries(contract.paths)
      .filter(([, item]) => item.get?.responses !== undefined && '101' in item.get.responses)
      .map(([path]) => routeOf(path)),
  );
  // What Node hands over is looked at first.
  const upgrades = new EventEmitter();
  app.server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    if (request.headers.upgrade?.toLowerCase() === 'websocket') upgrades.emit('upgrade', request, socket, head);
    else takeAsPlain(app, request, socket, head);
  });
  // A constant, as the types of ws do not know closeTimeout yet.
  const options = {
    server: upgrades as never,
    maxPayload: MAX_LEGACY_MESSAGE,
    closeTimeout: GOODBYE_MS,
    handleProtocols: protocolToSpeak,
  };
  await app.register(websocket, {
    options,
    // Whoever listens on them closes them.
    preClose: async () => undefined,
    errorHandler: (err, socket, request) => {
      request.log.debug({ err, address: request.ip }, 'websocket failed');
      socket.close();
    },
  });
  app.addHook('onRequest', async (request, reply) => {
    if (!request.ws || webSockets.has(request.routeOptions.url ?? '')) return;
    return send(reply, problem('not-found', 'There is no WebSocket here.', 'GET /docs shows what there is.'));
  });
}

/**
 * The first system's signaling was at `/`, where the dashboard is now: a WebSocket there is one at `/signaling`. For
 * Fastify's `rewriteUrl`.
 */
export function rewriteLegacyAddress(raw: IncomingMessage, url: string): string {
  return raw.headers.upgrade?.toLowerCase() === 'websocket' && /^\/(?=\?|$)/.test(url)
    ? `/signaling${url.slice(1)}`
    : url;
}

/** Answers a plain request where there is a WebSocket. @param what goes over it, as in "Events come" */
export function demandUpgrade(request: FastifyRequest, reply: FastifyReply, what: string, path: string): FastifyReply {
  const scheme = request.protocol === 'https' ? 'wss' : 'ws';
  return send(
    reply.header('Upgrade', 'websocket').header('Connection', 'Upgrade'),
    problem('upgrade-required', `${what} over a WebSocket (RFC 6455).`, `Open one: ${scheme}://HOST${path}.`),
  );
}

/** Has Node read the request again, without what made it stop before the body. */
function takeAsPlain(app: FastifyInstance, request: IncomingMessage, socket: Duplex, head: Buffer): void {
  const left = new Set(['upgrade', 'connection', 'http2-settings']);
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
    if (!left.has(name.toLowerCase())) lines.push(`${name}: ${value}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), head]));
  // What came over TLS has been decrypted: as a new connection it would be greeted anew.
  app.server.emit(socket instanceof TLSSocket ? 'secureConnection' : 'connection', socket);
}
