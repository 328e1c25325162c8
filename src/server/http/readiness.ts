import type { Camera } from '../../domain/contract.js';
import { Failure } from '../../domain/failure.js';

/** The states in which a camera can be watched, or published to. */
const CAN_SERVE: ReadonlySet<Camera['state']> = new Set(['idle', 'waiting', 'opening', 'live']);
/** Seconds: a worker starts in about one. */
const RETRY_AFTER = 2;

/**
 * Checks that every camera can be watched or published to.
 * @param visible the cameras whose names the caller may learn
 * @throws Failure not-ready
 */
export function checkReadiness(
  { started, cameras }: { started: boolean; cameras: readonly Camera[] },
  visible: (camera: string) => boolean,
): void {
  if (!started)
    throw new Failure('not-ready', 'The configuration has not been applied yet.', {
      remedy: 'Try again in a moment.',
      retryAfter: RETRY_AFTER,
    });
  const failing = cameras.filter(({ state }) => !CAN_SERVE.has(state));
  if (failing.length === 0) return;
  const named = failing.filter(({ id }) => visible(id));
  const words = named.map(({ id, state, problem }) => `"${id}" is ${state}${problem ? ` (${problem.detail})` : ''}`);
  const others = failing.length - named.length;
  if (named.length > 0 && others > 0) words.push(`${others} more`);
  const of = `${failing.length} of ${cameras.length} ${cameras.length === 1 ? 'camera' : 'cameras'}`;
  const count = `${of} ${failing.length === 1 ? 'is' : 'are'} not ready`;
  throw new Failure('not-ready', `${count}${words.length === 0 ? '' : `: ${words.join('; ')}`}.`, {
    remedy:
      named.length === 0
        ? 'Send a token with the role "view" to see which, and why.'
        : 'GET /api/v1/cameras has a remedy for each.',
    retryAfter: RETRY_AFTER,
  });
}
