import type { WebSocket } from '@fastify/websocket';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LiveEvents } from '../live-events.js';
import type { Services } from '../operations.js';
import { checkOrigin } from '../plugins/browser.js';
import { clientOf } from '../plugins/limits.js';
import { requireUpgrade } from '../plugins/upgrades.js';

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
        checkOrigin(request, origins, 'listen');
        live.admit(clientOf(request));
      },
      handler: async (request: FastifyRequest, reply: FastifyReply) =>
        requireUpgrade(request, reply, 'Events are sent', '/api/v1/events'),
      wsHandler: (socket: WebSocket, request: FastifyRequest) => {
        const { grant } = request;
        const { freshness: freshnessMs } = request.query as { freshness?: number };
        live.listen(socket, { address: clientOf(request), grant, freshnessMs, identify: () => request.identify() });
      },
    },
  };
}
