import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../../domain/failure.js';
import { LiveEvents } from '../live-events.js';
import type { Services } from '../operations.js';
import { originMay } from '../plugins/browser.js';
import { send } from '../plugins/errors.js';
import { clientOf } from '../plugins/limits.js';
import { problem } from '../problems.js';

/** @param origins of pages that may listen; `*` for any */
export function liveEventOperations(
  { cameras, sessions, events, freshness }: Services,
  app: FastifyInstance,
  origins: readonly string[],
) {
  const live = new LiveEvents({ cameras, sessions, events, freshness, log: app.log });
  app.addHook('onReady', async () => live.start());
  app.addHook('preClose', () => live.close());
  return {
    liveEvents: {
      preHandler: async (request: FastifyRequest) => {
        if (!request.ws) return;
        if (!originMay(request, origins))
          throw new Failure('forbidden', `Pages of ${String(request.headers.origin).slice(0, 255)} may not listen.`, {
            remedy: 'Add the origin to access.origins.',
          });
        live.admit(clientOf(request));
      },
      handler: async (request: FastifyRequest, reply: FastifyReply) =>
        send(
          reply.header('Upgrade', 'websocket').header('Connection', 'Upgrade'),
          problem(
            'upgrade-required',
            'Events come over a WebSocket (RFC 6455).',
            `Open one: ${request.protocol === 'https' ? 'wss' : 'ws'}://HOST/api/v1/events.`,
          ),
        ),
      wsHandler: (socket: WebSocket, request: FastifyRequest) => {
        const { grant } = request;
        const { freshness: freshnessMs } = request.query as { freshness?: number };
        live.listen(socket, { address: clientOf(request), grant, freshnessMs, identify: () => request.identify() });
      },
    },
  };
}
