import { Failure } from '../../domain/failure.js';
import { RequestError } from '../../process/requests.js';

/** The failure of a request to a camera's worker, for clients. @param exitReason why there is no worker, if known */
export function failureOf(camera: string, error: unknown, exitReason: string | null): unknown {
  if (!(error instanceof RequestError)) return error;
  const { fault, code, message: detail, remedy } = error;
  if (fault === 'died') return starting(camera, exitReason);
  if (fault === 'late') return new Failure('camera-unavailable', `Camera "${camera}": ${detail}.`, { retryAfter: 2 });
  if (code === 'no-publisher') return noPublisher(camera);
  return code === 'camera-unavailable' || code === 'overloaded'
    ? new Failure(code, detail, { remedy: remedy ?? undefined, retryAfter: 2 })
    : new Failure('internal', detail);
}

export function starting(camera: string, exitReason: string | null): Failure {
  const why = exitReason === null ? '' : ` Its worker exited: ${exitReason}.`;
  return new Failure('camera-starting', `Camera "${camera}" is being started.${why}`, {
    remedy: 'Retry in a moment.',
    retryAfter: 1,
  });
}

export function noPublisher(camera: string): Failure {
  return new Failure('no-publisher', `Nobody is publishing to camera "${camera}".`, {
    remedy: `Publish to /whip/${camera}, or retry later.`,
    retryAfter: 2,
  });
}
