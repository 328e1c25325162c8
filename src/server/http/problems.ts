import type { Problem, ProblemCode } from '../../domain/contract.js';

/** The one table of what each code means over HTTP. */
const PROBLEMS: Readonly<Record<ProblemCode, { status: number; title: string }>> = {
  'bad-request': { status: 400, title: 'The request is not valid' },
  unauthorized: { status: 401, title: 'A token is needed' },
  forbidden: { status: 403, title: 'The token does not allow this' },
  'not-found': { status: 404, title: 'There is nothing here' },
  'method-not-allowed': { status: 405, title: 'The method is not allowed here' },
  'payload-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The content type is not taken' },
  'upgrade-required': { status: 426, title: 'This is a WebSocket' },
  'invalid-sdp': { status: 422, title: 'The offer cannot be used' },
  'invalid-sdpfrag': { status: 422, title: 'The SDP fragment cannot be used' },
  'invalid-body': { status: 422, title: 'The body cannot be used' },
  'ice-restart-unsupported': { status: 422, title: 'ICE cannot be restarted' },
  'precondition-failed': { status: 412, title: 'The ETag is of another ICE session' },
  'precondition-required': { status: 428, title: 'An If-Match is needed' },
  'no-common-codec': { status: 422, title: 'No codec in common' },
  'unknown-camera': { status: 404, title: 'No such camera' },
  'unknown-session': { status: 404, title: 'No such session' },
  'camera-unavailable': { status: 409, title: 'The camera brings no picture' },
  'camera-starting': { status: 503, title: 'The camera is being started' },
  'no-publisher': { status: 409, title: 'Nobody publishes' },
  'already-published': { status: 409, title: 'Somebody publishes already' },
  'not-configured': { status: 409, title: 'The camera is not of the configuration' },
  'not-publishable': { status: 409, title: 'The camera takes no publisher' },
  'too-many-requests': { status: 429, title: 'Too many requests' },
  'keys-unavailable': { status: 503, title: 'The token cannot be checked now' },
  'no-udp-port': { status: 503, title: 'No UDP port is free' },
  'no-encoder-slot': { status: 503, title: 'No encoder is free' },
  'camera-exists': { status: 409, title: 'There is such a camera' },
  'camera-changed': { status: 412, title: 'The camera was changed meanwhile' },
  passthrough: { status: 409, title: 'The stream is passed on as it is' },
  'no-controls': { status: 409, title: 'The camera has no controls' },
  'config-not-writable': { status: 507, title: 'The configuration cannot be kept' },
  'too-many-viewers': { status: 503, title: 'Too many viewers' },
  overloaded: { status: 503, title: 'The server has no room now' },
  'not-ready': { status: 503, title: 'Not every camera can serve' },
  'shutting-down': { status: 503, title: 'The server is being stopped' },
  internal: { status: 500, title: 'The server made a mistake' },
};

/** A problem document (RFC 9457) for a code of the contract. */
export function problem(code: ProblemCode, detail: string, remedy?: string): Problem {
  const { status, title } = PROBLEMS[code];
  return { type: `about:blank#${code}`, title, status, code, detail, ...(remedy === undefined ? {} : { remedy }) };
}
