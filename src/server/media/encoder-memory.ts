import { Failure } from '../../domain/failure.js';
import type { Log } from '../../domain/log.js';

/** A card with all its sessions in use may have free ones by then. */
const FORGET_MS = 300_000;

interface Failed {
  reason: string;
  until: number;
}

/**
 * The encoders of this machine, for all cameras: which of them failed to open recently and are not tried for a while,
 * and which cameras use one. Consumer NVIDIA cards allow only a few at a time.
 */
export class EncoderMemory {
  readonly #log: Log;
  readonly #onChange: () => void;
  readonly #failed = new Map<string, Failed>();
  readonly #holders = new Set<string>();
  #found: readonly string[] = [];

  /** @param onChange the available encoders have changed */
  constructor(log: Log, onChange: () => void) {
    this.#log = log;
    this.#onChange = onChange;
  }

  /** @param names best first */
  found(names: readonly string[]): void {
    this.#found = names;
  }

  /** The encoders to try, best first. */
  names(now = performance.now()): readonly string[] {
    for (const [name, { until }] of this.#failed) if (until < now) this.#failed.delete(name);
    return this.#found.filter(name => !this.#failed.has(name));
  }

  failed(camera: string, element: string, reason: string): void {
    this.#log.warn(
      { camera, encoder: element, reason, instead: this.names().find(name => name !== element) ?? null },
      'encoder failed',
    );
    this.#failed.set(element, { reason, until: performance.now() + FORGET_MS });
    this.#onChange();
  }

  /** Why a better encoder is not used; null if this is the best. */
  fallbackReason(encoder: string): string | null {
    const better = this.#found.slice(0, Math.max(0, this.#found.indexOf(encoder)));
    const [first] = better.flatMap(name => {
      const failed = this.#failed.get(name);
      return failed ? [`${name} failed: ${failed.reason}`] : [];
    });
    return first ?? null;
  }

  /**
   * Acquires an encoder for a camera, if it has none.
   * @param limit null for no limit
   * @throws Failure no-encoder-slot
   */
  acquire(camera: string, limit: number | null): void {
    if (limit !== null && !this.#holders.has(camera) && this.#holders.size >= limit) {
      throw new Failure(
        'no-encoder-slot',
        `${this.#holders.size} ${this.#holders.size === 1 ? 'encoder is' : 'encoders are'} open (${[...this.#holders].join(', ')}), which is the limit.`,
        {
          remedy: 'End the viewers of another camera, or raise limits.encoders in the configuration.',
          retryAfter: 5,
        },
      );
    }
    this.#holders.add(camera);
  }

  release(camera: string): void {
    this.#holders.delete(camera);
  }
}
