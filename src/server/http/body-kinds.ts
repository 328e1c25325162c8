import type { FastifyRequest } from 'fastify';
import type { ProblemCode } from '../../domain/contract.js';
import { MAX_FRAGMENT } from '../../protocol/sdp-fragment.js';

export interface BodyKind {
  /** To begin a sentence with. */
  name: string;
  /** Bytes. */
  limit: number;
  /** The problem of an invalid body: never one of status 400, on which some players switch to another protocol. */
  code: ProblemCode;
}

/** The one table of the bodies that this server accepts. */
export const BODY_KINDS: Readonly<Record<string, BodyKind>> = {
  // Chrome's offer with every codec is 7 kB.
  'application/sdp': { name: 'The offer', limit: 65_536, code: 'invalid-sdp' },
  'application/trickle-ice-sdpfrag': { name: 'The SDP fragment', limit: MAX_FRAGMENT, code: 'invalid-sdpfrag' },
  'application/merge-patch+json': { name: 'The patch', limit: 16_384, code: 'invalid-body' },
  'application/json': { name: 'The JSON body', limit: 16_384, code: 'invalid-body' },
};

/** The largest of them, in bytes. */
export const MAX_BODY = Math.max(...Object.values(BODY_KINDS).map(({ limit }) => limit));

export function bodyKindOf(request: FastifyRequest): BodyKind | undefined {
  const type = mediaTypeOf(request);
  return Object.hasOwn(BODY_KINDS, type) ? BODY_KINDS[type] : undefined;
}

/** A request's media type without parameters, in lowercase (RFC 9110 §8.3.1); empty if it has none. */
export function mediaTypeOf(request: FastifyRequest): string {
  return String(request.headers['content-type'] ?? '')
    .replace(/;.*/s, '')
    .trim()
    .toLowerCase();
}
