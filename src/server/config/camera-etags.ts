import { createHmac } from 'node:crypto';
import { Failure } from '../../domain/failure.js';
import { ifMatch, strongEtag } from '../../protocol/etag.js';
import type { ConfiguredCamera } from './load.js';

/** ETags of configured cameras. They are keyed: plain hashes would let a client test guesses of a short password. */
export class CameraEtags {
  readonly #secret: string;

  constructor(secret: string) {
    this.#secret = secret;
  }

  /** The value, without quotes. */
  of({ settings }: ConfiguredCamera): string {
    return createHmac('sha256', this.#secret).update(canonical(settings)).digest('base64url').slice(0, 22);
  }

  /**
   * @param precondition the request's If-Match
   * @throws Failure unknown-camera, camera-changed
   */
  check(id: string, now: ConfiguredCamera | undefined, precondition: string | undefined): ConfiguredCamera {
    if (!now) throw unknownCamera(id);
    if (ifMatch(precondition, strongEtag(this.of(now))) === 'stale')
      throw new Failure('camera-changed', `Camera "${id}" has changed since its ETag was issued.`, {
        remedy: 'Read it again, check that your change still applies, and send it with the new ETag.',
      });
    return now;
  }
}

export function unknownCamera(id: string): Failure {
  return new Failure('unknown-camera', `There is no camera "${id.slice(0, 63)}".`, {
    remedy: 'GET /api/v1/cameras lists those that a token may see.',
  });
}

/** The same text for the same settings, in any order of their keys. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}
