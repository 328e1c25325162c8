import { createHmac, randomBytes } from 'node:crypto';
import rateLimit, { type FastifyRateLimitStore, normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../../domain/failure.js';
import { dropOldest, RecentKeys } from '../recent-keys.js';

/** Read for every request, as they may change. */
export interface Limits {
  /** Per client address and method; see `limits` in the contract. */
  requestsPerMinute: number;
  wrongTokensPerMinute: number;
}

const MINUTE = 60_000;
/** ms for which a valid token stays exempt from the limit. */
const EXEMPTION_MS = 600_000;
/** Maximum number of addresses; beyond it the least recent is dropped. */
const MAX_ADDRESSES = 5_000;
const LIMITED = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Counts wrong tokens, so that nobody can try one after another. */
export interface WrongTokens {
  /**
   * Call before a token is verified: beyond the limit nobody learns whether a token is valid.
   * @throws Failure too-many-requests
   */
  check(request: FastifyRequest, token: string): Promise<void>;
  recordValid(request: FastifyRequest, token: string): void;
  recordWrong(request: FastifyRequest): Promise<void>;
}

/** The client address as the limits count it: an IPv6 client has a whole /64. */
export const clientOf = (request: FastifyRequest): string => normalizeIP(request.ip);

/** Limits requests per address; they are counted before the token is verified. */
export async function limitRequests(app: FastifyInstance, limits: Limits): Promise<WrongTokens> {
  await app.register(rateLimit, { global: false, store: MinuteStore });
  const requests = app.createRateLimit({
    max: () => limits.requestsPerMinute,
    timeWindow: MINUTE,
    keyGenerator: request => `${request.method} ${clientOf(request)}`,
  });
  const wrongTokens = app.createRateLimit({ max: () => limits.wrongTokensPerMinute, timeWindow: MINUTE });
  const recentTokens = new RecentTokens();
  app.addHook('onRequest', async request => {
    if (!LIMITED.has(request.method)) return;
    const found = await requests(request);
    if (!found.isAllowed && found.isExceeded)
      throw new Failure(
        'too-many-requests',
        `This address sent more than ${limits.requestsPerMinute} ${request.method} requests in a minute.`,
        { remedy: 'Send fewer requests, or raise limits.requestsPerMinute.', retryAfter: found.ttlInSeconds },
      );
  });
  return {
    check: async (request, token) => {
      const found = await wrongTokens(request, { increment: false });
      if (found.isAllowed || found.remaining > 0) return;
      // Behind a proxy or a NAT all clients share an address: nobody there can lock out the robot's operator.
      if (recentTokens.has(clientOf(request), token)) return;
      throw new Failure('too-many-requests', 'This address sent too many wrong tokens.', {
        remedy: 'Wait, then send a valid one.',
        retryAfter: found.ttlInSeconds,
      });
    },
    recordValid: (request, token) => recentTokens.add(clientOf(request), token),
    recordWrong: async request => void (await wrongTokens(request)),
  };
}

/** The tokens that were valid in the last minutes, with their client; stored as HMACs only. */
class RecentTokens {
  readonly #key = randomBytes(32);
  readonly #seen = new RecentKeys({ max: MAX_ADDRESSES, forMs: EXEMPTION_MS });

  add(client: string, token: string): void {
    this.#seen.add(this.#name(client, token));
  }

  has(client: string, token: string): boolean {
    return this.#seen.has(this.#name(client, token));
  }

  #name(client: string, token: string): string {
    return createHmac('sha256', this.#key).update(`${client} ${token}`).digest('base64');
  }
}

interface Count {
  current: number;
  startedAt: number;
}

/**
 * Counts by the monotonic clock. The library's own store uses the time of day, which jumps on a robot: if it jumps back
 * by an hour, an address at its limit stays there for that hour.
 */
class MinuteStore implements FastifyRateLimitStore {
  readonly #counts = new Map<string, Count>();

  incr(key: string, done: Parameters<FastifyRateLimitStore['incr']>[1], window: number): void {
    const count = this.#alive(key, window) ?? { current: 0, startedAt: performance.now() };
    count.current++;
    // Moves the key to the end: the first is dropped first.
    this.#counts.delete(key);
    this.#counts.set(key, count);
    dropOldest(this.#counts, MAX_ADDRESSES);
    done(null, { current: count.current, ttl: window - (performance.now() - count.startedAt) });
  }

  read(key: string, done: Parameters<FastifyRateLimitStore['incr']>[1], window: number): void {
    const count = this.#alive(key, window);
    done(null, { current: count?.current ?? 0, ttl: count ? window - (performance.now() - count.startedAt) : 0 });
  }

  child(): FastifyRateLimitStore {
    return new MinuteStore();
  }

  #alive(key: string, window: number): Count | undefined {
    const count = this.#counts.get(key);
    return count && performance.now() - count.startedAt < window ? count : undefined;
  }
}
