import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Role } from '../../../domain/contract.js';
import { Failure } from '../../../domain/failure.js';
import type { OpenedSession, SessionRequest } from '../../../domain/session-opening.js';
import type { SessionUrl } from '../../../domain/sessions.js';
import { ifMatch, strongEtag } from '../../../protocol/etag.js';
import { credentialsIn } from '../../../protocol/ice-credentials.js';
import { type Purpose, parseOffer } from '../../../protocol/offer.js';
import { parseFragment } from '../../../protocol/sdp-fragment.js';
import { seesCamera } from '../grants.js';
import type { Services } from '../operations.js';

/** The differences between WHEP and WHIP. */
export interface Side {
  protocol: SessionUrl['protocol'];
  purpose: Purpose;
  /** The role required to make a session. */
  role: Role;
  /**
   * The camera, if it supports this protocol.
   * @param visible the cameras that the caller may know of
   * @throws Failure
   */
  camera(id: string, visible: (camera: string) => boolean): string;
  open(request: SessionRequest, query: unknown): Promise<OpenedSession>;
  /** `Link` headers for the extensions of a session. */
  extensions(sessionPath: string): readonly string[];
}

type Handler = (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
type Operation = 'Offer' | 'Get' | 'Options' | 'Patch' | 'Delete' | 'SessionGet' | 'SessionOptions';

/** The operations of an endpoint and of its sessions, the same in draft-ietf-wish-whep and RFC 9725. */
export function signalingOperations<P extends Side['protocol']>(
  { sessions, protocol, ice }: Services,
  side: Side & { protocol: P },
): Record<`${P}${Operation}`, Handler> {
  const urlOf = (request: FastifyRequest): SessionUrl => ({
    protocol: side.protocol,
    ...(request.params as { camera: string; secret: string }),
  });
  const cameraOf = (request: FastifyRequest): string =>
    side.camera((request.params as { camera: string }).camera, seesCamera(request, side.role));

  const operations: Record<Operation, Handler> = {
    Offer: async (request, reply) => {
      const camera = cameraOf(request);
      const text = String(request.body);
      const offer = parseOffer(text, side.purpose);
      const { session, secret, iceSession, answer } = await side.open(
        {
          camera,
          offer,
          credentials: [offer.transport.ice, ...credentialsIn(text)],
          client: { address: request.ip, userAgent: request.headers['user-agent']?.slice(0, 200) ?? null },
          signal: disconnectSignal(reply),
          requestId: request.id,
        },
        request.query,
      );
      const path = `/${side.protocol}/${camera}/${secret}`;
      return addLinks(reply, [...ice.links(session.id), ...side.extensions(path)])
        .code(201)
        .type('application/sdp')
        .headers({
          Location: path,
          ETag: strongEtag(iceSession),
          'Accept-Patch': 'application/trickle-ice-sdpfrag',
        })
        .serializer((value: unknown) => String(value))
        .send(answer);
    },
    // Nothing to get at these URLs, but not an error (RFC 9725 §4.1).
    Get: async (request, reply) => {
      cameraOf(request);
      return reply.code(204).send();
    },
    Options: async (request, reply) => {
      const { camera } = request.params as { camera: string };
      // Callers without a token do not learn which cameras exist, and get no TURN servers, as those need credentials.
      const known = seesCamera(request, side.role)(camera);
      if (known) cameraOf(request);
      // ICE servers only: one player fails on any other link in an answer to OPTIONS.
      return addLinks(reply, ice.links(known ? 'client' : null))
        .code(204)
        .send();
    },
    Patch: async (request, reply) => {
      const url = urlOf(request);
      const { 'if-match': given } = request.headers;
      checkPrecondition(ifMatch(given, strongEtag(sessions.iceSessionOf(url))), protocol.etags);
      sessions.trickle(url, parseFragment(String(request.body)));
      return reply.code(204).send();
    },
    Delete: async (request, reply) => {
      sessions.endByUrl(urlOf(request));
      // 200 rather than 204: some clients warn on 204.
      return reply.code(200).send();
    },
    SessionGet: async (request, reply) => {
      sessions.idOf(urlOf(request));
      return reply.code(204).send();
    },
    SessionOptions: async (_request, reply) => reply.code(204).send(),
  };
  return Object.fromEntries(
    Object.entries(operations).map(([name, handler]) => [`${side.protocol}${name}`, handler]),
  ) as Record<`${P}${Operation}`, Handler>;
}

/** Each link is a header line of its own. */
function addLinks(reply: FastifyReply, links: readonly string[]): FastifyReply {
  return links.length === 0 ? reply : reply.header('Link', links);
}

function checkPrecondition(found: ReturnType<typeof ifMatch>, mode: Services['protocol']['etags']): void {
  if (found === 'stale')
    throw new Failure('precondition-failed', 'The If-Match header names an ICE session other than the current one.', {
      remedy: 'Send the ETag of the answer that made the session, or "*".',
    });
  if (found === 'missing' && mode === 'strict')
    throw new Failure('precondition-required', 'The request has no If-Match header, and protocol.etags is "strict".', {
      remedy: 'Send the ETag of the answer that made the session.',
    });
}

/** Aborts when the client disconnects before the answer is sent. */
function disconnectSignal(reply: FastifyReply): AbortSignal {
  const disconnect = new AbortController();
  if (reply.raw.destroyed) disconnect.abort();
  reply.raw.once('close', () => {
    if (!reply.raw.writableFinished) disconnect.abort();
  });
  return disconnect.signal;
}
