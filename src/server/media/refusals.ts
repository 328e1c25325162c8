import { Failure } from '../../domain/failure.js';
import { RequestError } from '../../process/requests.js';

/** Why a camera's worker did not do what it was asked, for clients. @param diedOf why there is no worker, if that is known */
export function failureOf(camera: string, error: unknown, diedOf: string | null): unknown {
  if (!(error instanceof RequestError)) return error;
  const { fault, code, message: detail, remedy } = error;
  if (fault === 'died') return starting(camera, diedOf);
  if (fault === 'late') return new Failure('camera-unavailable', `Camera "${camera}": ${detail}.`, { retryAfter: 2 });
  if (code === 'no-publisher') return noPublisher(camera);
  return code === 'camera-unavailable' || code === 'overloaded'
    ? new Failure(code, detail, { remedy: remedy ?? undefined, retryAfter: 2 })
    : new Failure('internal', detail);
}

export function starting(camera: string, diedOf: string | null): Failure {
  const why = diedOf === null ? '' : ` Its worker died: ${diedOf}.`;
  return new Failure('camera-starting', `Camera "${camera}" is being started.${why}`, {
    remedy: 'Ask again in a moment.',
    retryAfter: 1,
  });
}

export function noPublisher(camera: string): Failure {
  return new Failure('no-publisher', `Nobody publishes to camera "${camera}" now.`, {
    remedy: `Publish to /whip/${camera}, or ask again.`,
    retryAfter: 2,
  });
}
