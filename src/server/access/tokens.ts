import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Grant } from '../../domain/access.js';

/** A configured token; only its hash is known. */
export interface KnownToken {
  grant: Grant;
  hash: Buffer;
  /** Milliseconds since 1970; null for never. */
  expiresAt: number | null;
}

const TOKEN_BYTES = 24;

/**
 * 192 random bits in characters that are safe in a header and a URL. The first is a letter or a digit: most programs
 * take a word that begins with `-` for an option.
 */
export function makeToken(): string {
  for (;;) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    if (/^[A-Za-z0-9]/.test(token)) return token;
  }
}

/**
 * SHA-256 and not a slow salted hash: those protect passwords that people choose. A token is random, with more bits
 * than anybody can try, and must not cost the robot 100 ms of CPU per request.
 */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/** In the form of the configuration. */
export const showHash = (hash: Buffer): string => `sha256:${hash.toString('hex')}`;

export const readHash = (text: string): Buffer => Buffer.from(text.slice(text.indexOf(':') + 1), 'hex');

/** Finds the configured token in constant time: the time taken reveals neither which one matched nor how much of it. */
export function findToken(known: readonly KnownToken[], token: string): KnownToken | null {
  const hash = hashToken(token);
  let found: KnownToken | null = null;
  // No early exit.
  for (const candidate of known) if (timingSafeEqual(candidate.hash, hash)) found = candidate;
  return found;
}
