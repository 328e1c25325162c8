import { createHmac, randomBytes } from 'node:crypto';
import rateLimit, { type FastifyRateLimitStore, normalizeIP } from '@fastify/rate-limit';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { Failure } from '../../../domain/failure.js';
import { forgetOldest, RecentKeys } from '../recent-keys.js';

/** Read for each request, as they may change. */
export interface Limits {
  /** Requests of one address and one method; the contract's `limits` has both. */
  requestsPerMinute: number;
  wrongTokensPerMinute: number;
}

const MINUTE = 60_000;
/** Milliseconds for which a token that was right may come past the limit. */
const RECENTLY = 600_000;
/** Addresses that are remembered; past these, those that asked longest ago are forgotten. */
const MAX_ADDRESSES = 5_000;
const LIMITED = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);

/** Counts wrong tokens, so that nobody can try one after the other. */
export interface WrongTokens {
  /**
   * To be asked before a token is looked at: past the limit nobody learns whether one is right.
   * @throws Failure too-many-requests
   */
  admit(request: FastifyRequest, token: string): Promise<void>;
  right(request: FastifyRequest, token: string): void;
  wrong(request: FastifyRequest): Promise<void>;
}

/** Who asks, as limits count them: an IPv6 client has a whole /64 to ask from. */
export const clientOf = (request: FastifyRequest): string => normalizeIP(request.ip);

/** Slows down whoever floods the server: what an address asks for is counted before its token is looked at. */
export async function limitRequests(app: FastifyInstance, limits: Limits): Promise<WrongTokens> {
  await app.register(rateLimit, { global: false, store: MinuteStore });
  const requests = app.createRateLimit({
    max: () => limits.requestsPerMinute,
    timeWindow: MINUTE,
    keyGenerator: request => `${request.method} ${clientOf(request)}`,
  });
  const wrongTokens = app.createRateLimit({ max: () => limits.wrongTokensPerMinute, timeWindow: MINUTE });
  const recentlyRight = new RecentlyRight();
  app.addHook('onRequest', async request => {
    if (!LIMITED.has(request.method)) return;
    const found = await requests(request);
    if (!found.isAllowed && found.isExceeded)
      throw new Failure(
        'too-many-requests',
        `More than ${limits.requestsPerMinute} ${request.method} requests a minute came from this address.`,
        { remedy: 'Ask less often, or raise limits.requestsPerMinute.', retryAfter: found.ttlInSeconds },
      );
  });
  return {
    admit: async (request, token) => {
      const found = await wrongTokens(request, { increment: false });
      if (found.isAllowed || found.remaining > 0) return;
      // Behind a proxy or a NAT all have one address: whoever drives the robot is not to be locked out by the next one.
      if (recentlyRight.has(clientOf(request), token)) return;
      throw new Failure('too-many-requests', 'Too many wrong tokens came from this address.', {
        remedy: 'Wait, then send the right one.',
        retryAfter: found.ttlInSeconds,
      });
    },
    right: (request, token) => recentlyRight.add(clientOf(request), token),
    wrong: async request => void (await wrongTokens(request)),
  };
}

/** Which tokens were right in the last minutes, and from where; without keeping them. */
class RecentlyRight {
  readonly #key = randomBytes(32);
  readonly #seen = new RecentKeys({ max: MAX_ADDRESSES, forMs: RECENTLY });

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
 * Counts by the monotonic clock. The library's own store goes by the time of day, and a robot's jumps: an hour back, and
 * an address that was at its limit stays there for that hour.
 */
class MinuteStore implements FastifyRateLimitStore {
  readonly #counts = new Map<string, Count>();

  incr(key: string, done: Parameters<FastifyRateLimitStore['incr']>[1], window: number): void {
    const count = this.#alive(key, window) ?? { current: 0, startedAt: performance.now() };
    count.current++;
    // To the end of the order, whose beginning is forgotten first.
    this.#counts.delete(key);
    this.#counts.set(key, count);
    forgetOldest(this.#counts, MAX_ADDRESSES);
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
