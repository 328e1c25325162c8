import { createHash } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Failure } from '../../domain/failure.js';
import { parseOffer } from '../../protocol/offer.js';
import type { Services } from '../operations.js';

/** WHEP (draft-ietf-wish-whep): an offer becomes a session; the session's URL ends it. */
export const whepOperations = ({ cameras, sessions, ice }: Services) => ({
  whepOffer: async (request: FastifyRequest, reply: FastifyReply) => {
    const { id: camera } = cameras.get((request.params as { camera: string }).camera);
    if (typeof request.body !== 'string')
      throw new Failure(
        'unsupported-media-type',
        'An offer was expected, and there is no body of type application/sdp.',
        { remedy: 'Send the offer as application/sdp.' },
      );
    const offer = parseOffer(request.body, 'watch');
    const client = { address: request.ip, userAgent: request.headers['user-agent']?.slice(0, 200) ?? null };
    const { session, secret, answer } = await sessions.open({ camera, offer, client, signal: goneSignal(reply) });
    return reply
      .code(201)
      .type('application/sdp')
      .headers({
        Location: `/whep/${camera}/${secret}`,
        ETag: `"${createHash('sha256').update(answer).digest('base64url').slice(0, 22)}"`,
        ...linkHeader(ice.links(session.id)),
      })
      .serializer((value: unknown) => String(value))
      .send(answer);
  },
  whepOptions: async (request: FastifyRequest, reply: FastifyReply) => {
    cameras.get((request.params as { camera: string }).camera);
    // Before its offer a client has no session; one without a token is told of no TURN server, as those need credentials.
    return reply
      .code(204)
      .headers({ 'Accept-Post': 'application/sdp', ...linkHeader(ice.links(request.isAuthorized ? 'client' : null)) })
      .send();
  },
  whepDelete: async (request: FastifyRequest, reply: FastifyReply) => {
    const { camera, secret } = request.params as { camera: string; secret: string };
    sessions.endBySecret(camera, secret, 'client-delete');
    // 200 rather than 204: some clients warn at the other.
    return reply.code(200).send();
  },
  whepSessionOptions: async (_request: FastifyRequest, reply: FastifyReply) => reply.code(204).send(),
});

// A line each, as some clients read only that form.
function linkHeader(links: string[]): { Link?: string[] } {
  return links.length === 0 ? {} : { Link: links };
}

/** Aborts when the client's connection is lost before it was answered. */
function goneSignal(reply: FastifyReply): AbortSignal {
  const gone = new AbortController();
  if (reply.raw.destroyed) gone.abort();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) gone.abort();
  });
  return gone.signal;
}
