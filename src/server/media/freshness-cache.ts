import type { CameraFreshness, SessionFreshness } from '../../domain/freshness.js';
import type { FromWorkerOf, SessionTimes } from '../../messages/camera-worker.js';
import { monotonicMs } from '../../process/monotonic.js';

/**
 * The freshness that workers reported last. It stores only times of the monotonic clock, so an age keeps growing
 * whatever happens to a worker.
 */
export class FreshnessCache {
  #newestAt: number | null = null;
  #sessions: Readonly<Record<string, SessionTimes>> = {};

  update({ newestAt, sessions }: Pick<FromWorkerOf<'freshness'>, 'newestAt' | 'sessions'>): void {
    this.newest(newestAt);
    this.#sessions = sessions;
  }

  /** @param at ms of the monotonic clock; null for a closed camera, which keeps its last time */
  newest(at: number | null): void {
    if (at !== null) this.#newestAt = at;
  }

  /** @param isActive whether a session still exists */
  freshness(isActive: (session: string) => boolean): CameraFreshness {
    const now = monotonicMs();
    const since = (at: number | null): number | null => (at === null ? null : Math.max(0, now - at));
    const sessions = new Map<string, SessionFreshness>();
    for (const [id, { movedAt, heardAt }] of Object.entries(this.#sessions))
      if (isActive(id)) sessions.set(id, { movedMs: since(movedAt), heardMs: since(heardAt) });
    return { ageMs: since(this.#newestAt), sessions };
  }
}
