import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Grant } from '../../domain/access.js';

/** A token that is known by its hash. */
export interface KnownToken {
  grant: Grant;
  hash: Buffer;
  /** Milliseconds since 1970; null for never. */
  expiresAt: number | null;
}

const TOKEN_BYTES = 24;

/**
 * 192 random bits in characters that fit into a header and a URL. The first is a letter or a digit: to most programs a
 * word that begins with `-` is an option.
 */
export function makeToken(): string {
  for (;;) {
    const token = randomBytes(TOKEN_BYTES).toString('base64url');
    if (/^[A-Za-z0-9]/.test(token)) return token;
  }
}

/**
 * SHA-256 and not a slow hash with salt: those protect what people think up. A token is random, with more bits than
 * anybody can try, and must not cost the robot 100 ms of its CPU at each request.
 */
export const hashToken = (token: string): Buffer => createHash('sha256').update(token).digest();

/** As the configuration has it. */
export const showHash = (hash: Buffer): string => `sha256:${hash.toString('hex')}`;

export const readHash = (text: string): Buffer => Buffer.from(text.slice(text.indexOf(':') + 1), 'hex');

/** Finds whose token it is. How long that takes tells neither which one nor how much of it was right. */
export function findToken(known: readonly KnownToken[], token: string): KnownToken | null {
  const hash = hashToken(token);
  let found: KnownToken | null = null;
  // To the end, also after one was found.
  for (const candidate of known) if (timingSafeEqual(candidate.hash, hash)) found = candidate;
  return found;
}
