import { createLocalJWKSet, errors, type JWTVerifyGetKey } from 'jose';
import type { Log } from '../../domain/log.js';

/** The keys cannot be had now, so nobody knows whether a token is right. */
export class KeysUnavailable extends Error {
  /** Seconds after which to ask again. */
  readonly retryAfter: number;
  constructor(message: string, retryAfter: number) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

/** What a key server answered that is no use. */
class KeyServerError extends Error {}

/** Milliseconds. */
export interface KeySetTimes {
  /** For an answer, to its last byte. */
  timeout: number;
  /** Between two questions, whatever tokens come. */
  cooldown: number;
  /** After which keys are asked for anew, behind the back of whoever waits. */
  refresh: number;
  /** For how long old keys are good while their server cannot be reached. */
  keep: number;
}

/** Those that are known, by their URLs. */
export type KeySets = Map<string, JWTVerifyGetKey>;

const TIMES: KeySetTimes = { timeout: 5_000, cooldown: 15_000, refresh: 600_000, keep: 86_400_000 };

/** Bytes; a set of 100 RSA keys has 50 kB. */
const MAX_BYTES = 262_144;

/**
 * The keys behind a JWKS URL (RFC 7517), fetched when first needed. Not jose's own remote set: that one takes an answer
 * of any size, throws its keys away where the robot loses the internet, and counts time by a clock that jumps.
 */
export function remoteKeySet(url: URL, log: Log, times: KeySetTimes = TIMES): JWTVerifyGetKey {
  let keys: JWTVerifyGetKey | undefined;
  let fetchedAt = Number.NEGATIVE_INFINITY;
  let triedAt = Number.NEGATIVE_INFINITY;
  let trouble: string | undefined;
  let pending: Promise<void> | undefined;
  const age = (since: number): number => performance.now() - since;
  const coolingDown = (): boolean => age(triedAt) < times.cooldown;

  const load = async (): Promise<void> => {
    triedAt = performance.now();
    try {
      keys = createLocalJWKSet(await fetchJson(url, times.timeout));
      fetchedAt = performance.now();
      trouble = undefined;
    } catch (error) {
      trouble = wordsOf(error);
      log.warn({ jwks: `${url.origin}${url.pathname}`, problem: trouble, reason: reasonOf(error) }, 'keys not loaded');
    }
  };
  /** One question at a time, and none too soon after another. */
  const loadIfDue = (): Promise<void> => {
    if (pending === undefined && !coolingDown())
      pending = load().finally(() => {
        pending = undefined;
      });
    return pending ?? Promise.resolve();
  };
  const unavailable = (): KeysUnavailable =>
    new KeysUnavailable(
      trouble ?? 'they have not been fetched yet',
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
      // A key that is not known may be new: issuers change theirs without a word.
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error;
      await loadIfDue();
      if (trouble !== undefined) throw unavailable();
      return (await current())(header, token);
    }
  };
}

async function fetchJson(url: URL, timeout: number): Promise<never> {
  const response = await fetch(url, {
    // Keys come from where the configuration says, and from nowhere else.
    redirect: 'manual',
    headers: { Accept: 'application/jwk-set+json, application/json' },
    signal: AbortSignal.timeout(timeout),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new KeyServerError(`the server of the keys answered ${response.status}`);
  }
  const text = await readText(response);
  try {
    return JSON.parse(text) as never;
  } catch {
    throw new KeyServerError('the server of the keys answered something that is no JSON');
  }
}

async function readText(response: Response): Promise<string> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    bytes += part.length;
    // Leaving the loop cancels the rest.
    if (bytes > MAX_BYTES) throw new KeyServerError(`the server of the keys answered more than ${MAX_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts).toString('utf8');
}

/** What anybody may read who sends a token. */
function wordsOf(error: unknown): string {
  if (error instanceof KeyServerError) return error.message;
  if (error instanceof errors.JWKSInvalid) return 'the server of the keys answered no JSON Web Key Set';
  if (error instanceof Error && error.name === 'TimeoutError') return 'the server of the keys did not answer in time';
  return 'the server of the keys is not reached';
}

/** For the log: fetch says only "fetch failed"; why is in its cause, with addresses of the robot's network. */
function reasonOf(error: unknown): string {
  return error instanceof Error && error.cause instanceof Error ? error.cause.message : String(error);
}
