import type { Problem, ProblemCode } from '../../domain/contract.js';

export interface ProblemKind {
  status: number;
  /** The condition. */
  title: string;
  /** One or two sentences for the page of problems. */
  meaning: string;
}

/** The page that explains each kind of problem. */
export const PROBLEMS_PATH = '/docs/problems';

/** The one table of what each code means over HTTP. */
export const PROBLEMS: Readonly<Record<ProblemCode, ProblemKind>> = {
  'bad-request': {
    status: 400,
    title: 'Invalid request',
    meaning: 'The URL, the query or a header does not match the contract, or the request is not valid HTTP.',
  },
  unauthorized: {
    status: 401,
    title: 'Missing or invalid token',
    meaning: 'The request has no token, or one that the server does not know or that has expired.',
  },
  forbidden: {
    status: 403,
    title: 'Insufficient permissions',
    meaning: 'The token is valid but lacks the role, or has it for other cameras only; or the origin is not allowed.',
  },
  'not-found': { status: 404, title: 'Not found', meaning: 'Nothing is served under this URL.' },
  'method-not-allowed': {
    status: 405,
    title: 'Method not allowed',
    meaning: 'The URL exists but does not support this method. The Allow header lists those that it supports.',
  },
  'payload-too-large': {
    status: 413,
    title: 'Body too large',
    meaning: 'The body exceeds the limit for its media type.',
  },
  'unsupported-media-type': {
    status: 415,
    title: 'Unsupported media type',
    meaning: 'The operation does not accept this Content-Type. Accept-Post or Accept-Patch lists those it accepts.',
  },
  'upgrade-required': {
    status: 426,
    title: 'WebSocket required',
    meaning: 'The URL is a WebSocket endpoint, and the request did not ask for an upgrade.',
  },
  'invalid-sdp': {
    status: 422,
    title: 'Invalid SDP offer',
    meaning: 'The offer is not valid SDP, or has no video section that the server can answer.',
  },
  'invalid-sdpfrag': {
    status: 422,
    title: 'Invalid SDP fragment',
    meaning: 'The body of the PATCH is not a valid SDP fragment (RFC 8840).',
  },
  'invalid-body': {
    status: 422,
    title: 'Invalid body',
    meaning: 'The body is not valid JSON, or does not match the schema of the operation.',
  },
  'ice-restart-unsupported': {
    status: 422,
    title: 'ICE restart not supported',
    meaning: 'The SDP fragment and the offer differ in their ICE credentials. Create a new session instead.',
  },
  'precondition-failed': {
    status: 412,
    title: 'ETag does not match the ICE session',
    meaning: 'The If-Match header names an ICE session other than the current one.',
  },
  'precondition-required': {
    status: 428,
    title: 'If-Match required',
    meaning: 'The request has no If-Match header, and the setting protocol.etags is "strict".',
  },
  'no-common-codec': {
    status: 422,
    title: 'No common codec',
    meaning: 'The offer has none of the codecs in which the server can send or receive this camera.',
  },
  'unknown-camera': {
    status: 404,
    title: 'Camera not found',
    meaning: 'No camera has this id, or the token may not see it.',
  },
  'unknown-session': {
    status: 404,
    title: 'Session not found',
    meaning: 'No session has this id or URL, or it ended some time ago, or the token may not see it.',
  },
  'camera-unavailable': {
    status: 409,
    title: 'No video from the camera',
    meaning: 'The camera could not be opened or delivers no frames. The detail says why.',
  },
  'camera-starting': {
    status: 503,
    title: 'Camera is starting',
    meaning: 'The worker process of the camera is not ready yet.',
  },
  'no-publisher': {
    status: 409,
    title: 'No publisher',
    meaning: 'The source of the camera is "whip", and nobody is publishing to it.',
  },
  'already-published': {
    status: 409,
    title: 'Camera already has a publisher',
    meaning: 'A camera has one publisher at a time. With ?takeover=true the new one replaces the current one.',
  },
  'not-configured': {
    status: 409,
    title: 'Camera is not in the configuration',
    meaning: 'The camera exists only while a legacy sender is connected, and cannot be edited.',
  },
  'not-publishable': {
    status: 409,
    title: 'Camera does not accept a publisher',
    meaning: 'Only cameras whose source is "whip" can be published to.',
  },
  'too-many-requests': {
    status: 429,
    title: 'Too many requests',
    meaning: 'A limit on requests, connections or wrong tokens is exceeded. Retry-After says when to try again.',
  },
  'keys-unavailable': {
    status: 503,
    title: 'Token cannot be verified',
    meaning: 'The keys of the issuer could not be fetched, so it is unknown whether the JSON Web Token is valid.',
  },
  'no-udp-port': {
    status: 503,
    title: 'No free UDP port',
    meaning: 'Every port of ice.udpPorts is in use, or this machine has no network address that peers can reach.',
  },
  'no-encoder-slot': {
    status: 503,
    title: 'No free encoder',
    meaning: 'As many encoders are open as limits.encoders or the hardware allows.',
  },
  'camera-exists': { status: 409, title: 'Camera already exists', meaning: 'Another camera has this id.' },
  'camera-changed': {
    status: 412,
    title: 'Camera has changed',
    meaning: 'The If-Match header does not match: the camera was edited since its ETag was read.',
  },
  passthrough: {
    status: 409,
    title: 'Stream is passed through',
    meaning: "The operation needs an encoder, and the source's own stream is passed through.",
  },
  'no-controls': {
    status: 409,
    title: 'Camera has no controls',
    meaning: 'Only cameras whose source is a V4L2 device have controls.',
  },
  'config-not-writable': {
    status: 507,
    title: 'Configuration cannot be saved',
    meaning: 'The configuration file could not be written, so nothing was changed.',
  },
  'too-many-viewers': {
    status: 503,
    title: 'Too many viewers',
    meaning: 'The camera has as many viewers as limits.viewers allows.',
  },
  overloaded: {
    status: 503,
    title: 'Server is at capacity',
    meaning: 'The server has no file descriptors left for another connection or session.',
  },
  'not-ready': {
    status: 503,
    title: 'Not all cameras are ready',
    meaning: 'The configuration has not been applied yet, or a camera cannot be watched or published to.',
  },
  'shutting-down': { status: 503, title: 'Server is shutting down', meaning: 'The server accepts no new sessions.' },
  internal: {
    status: 500,
    title: 'Internal server error',
    meaning: 'A bug in the server. Its log has the details, under the X-Request-Id of the response.',
  },
};

/** A problem document (RFC 9457) for a code of the contract. */
export function problem(code: ProblemCode, detail: string, remedy?: string): Problem {
  const { status, title } = PROBLEMS[code];
  const type = `${PROBLEMS_PATH}#${code}`;
  return { type, title, status, code, detail, ...(remedy === undefined ? {} : { remedy }) };
}
