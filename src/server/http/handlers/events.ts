import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { EventStreams } from '../event-streams.js';
import type { Services } from '../operations.js';

interface StreamUrl {
  camera: string;
  secret: string;
  stream: string;
}

/**
 * The Server-Sent Events extension of WHEP. An EventSource sends no Authorization, so knowing the session's URL is
 * enough to listen. Streams end with their session, and with the server.
 */
export function eventOperations({ cameras, sessions, events }: Services, app: FastifyInstance) {
  const streams = new EventStreams({
    events,
    isActive: camera => cameras.get(camera).state === 'live',
    viewersOf: camera => sessions.viewersOf(camera),
  });
  app.addHook('onReady', async () => streams.start());
  app.addHook('preClose', async () => streams.close());
  const sessionOf = ({ camera, secret }: Omit<StreamUrl, 'stream'>): string =>
    sessions.idOf({ protocol: 'whep', camera, secret });

  return {
    whepEventsCreate: async (request: FastifyRequest, reply: FastifyReply) => {
      const { camera, secret } = request.params as StreamUrl;
      const stream = streams.create(sessionOf({ camera, secret }), camera, request.body as string[] | undefined);
      return reply.code(201).header('Location', `/whep/${camera}/${secret}/events/${stream}`).send();
    },
    whepEventsOptions: async (_request: FastifyRequest, reply: FastifyReply) => reply.code(204).send(),
    whepEvents: async (request: FastifyRequest, reply: FastifyReply) => {
      const { stream, ...session } = request.params as StreamUrl;
      const id = sessionOf(session);
      reply.code(200).type('text/event-stream').headers({
        'Cache-Control': 'no-store',
        // nginx would buffer events.
        'X-Accel-Buffering': 'no',
      });
      if (request.method === 'HEAD') {
        streams.check(id, stream);
        return reply.send();
      }
      return reply.send(streams.listen(id, stream, () => reply.raw.destroy()));
    },
    whepEventsDelete: async (request: FastifyRequest, reply: FastifyReply) => {
      const { stream, ...session } = request.params as StreamUrl;
      streams.remove(sessionOf(session), stream);
      return reply.code(200).send();
    },
    whepEventStreamOptions: async (_request: FastifyRequest, reply: FastifyReply) => reply.code(204).send(),
  };
}
