import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../../domain/log.js';

/** The keys are unavailable now, so tokens cannot be checked. */
export class KeysUnavailable extends Error {
  /** Seconds after which to retry. */
  readonly retryAfter: number;
  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** An unusable answer of a key server. */
class KeyServerError extends Error {}

/** Milliseconds. */
export interface KeySetTimes {
  /** For an answer, to its last byte. */
  timeout: number;
  /** Between two requests, whatever tokens arrive. */
  cooldown: number;
  /** After which keys are fetched again, in the background. */
  refresh: number;
  /** For how long old keys remain valid while their server cannot be reached. */
  keep: number;
}

/** Key sets by URL. */
export type KeySets = Map<string, JWTVerifyGetKey>;

const TIMES: KeySetTimes = { timeout: 5_000, cooldown: 15_000, refresh: 600_000, keep: 86_400_000 };

/** Bytes; a set of 100 RSA keys has 50 kB. */
const MAX_BYTES = 262_144;

/**
 * The keys behind a JWKS URL (RFC 7517), fetched when first needed. Not jose's own remote set: it accepts an answer of
 * any size, discards its keys when the robot loses the internet, and measures time with a clock that jumps.
 */
export function remoteKeySet(url: URL, log: Log, times: KeySetTimes = TIMES): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let problem: string | undefined;
  let pending: Promise<void> | undefined;
  const age = (since: number): number => performance.now() - since;
  const coolingDown = (): boolean => age(triedAt) < times.cooldown;

  const load = async (): Promise<void> => {
    triedAt = performance.now();
    try {
      keys = createLocalJWKSet(await fetchJson(url, times.timeout));
      fetchedAt = performance.now();
      problem = undefined;
    } catch (error) {
      problem = wordsOf(error);
      log.warn({ jwks: `${url.origin}${url.pathname}`, problem, reason: reasonOf(error) }, 'keys not loaded');
    }
  };
  /** One request at a time, and none within the cooldown. */
  const loadIfDue = (): Promise<void> => {
    if (pending === undefined && !coolingDown())
      pending = load().finally(() => {
        pending = undefined;
      });
    return pending ?? Promise.resolve();
  };
  const unavailable = (): KeysUnavailable =>
    new KeysUnavailable(
      problem ?? 'they have not been fetched yet',
      Math.max(1, Math.ceil((times.cooldown - age(triedAt)) / 1000)),
    );
  const current = async (): Promise<JWTVerifyGetKey> => {
    if (keys === undefined || age(fetchedAt) > times.keep) await loadIfDue();
    else if (age(fetchedAt) > times.refresh) void loadIfDue();
    if (keys === undefined || age(fetchedAt) > times.keep) throw unavailable();
    return keys;
  };

  return async (header, token) => {
    const known = await current();
    try {
      return await known(header, token);
    } catch (error) {
      // An unknown key may be new: issuers rotate keys without notice.
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await loadIfDue();
      if (problem !== undefined) throw unavailable();
      return (await current())(header, token);
    }
  };
}

async function fetchJson(url: URL, timeout: number): Promise<never> {
  const response = await fetch(url, {
    // Keys come only from the configured URL.
    redirect: 'manual',
    headers: { Accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(timeout),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeyServerError(`the key server answered ${response.status}`);
  }
  const text = await readText(response);
  try {
    return JSON.parse(text) as never;
  } catch {
    throw new KeyServerError("the key server's answer is not JSON");
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    // Leaving the loop cancels the response.
    if (bytes > MAX_BYTES) throw new KeyServerError(`the key server answered more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** For anybody who sends a token: without addresses. */
function wordsOf(error: unknown): string {
  if (error instanceof KeyServerError) return error.message;
  if (error instanceof errors.JWKSInvalid) return "the key server's answer is not a JSON Web Key Set";
  if (error instanceof Error && error.name === 'TimeoutError') return 'the key server did not answer in time';
  return 'the key server cannot be reached';
}

/** For the log: fetch says only "fetch failed"; its cause says why, with addresses of the robot's network. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
}
