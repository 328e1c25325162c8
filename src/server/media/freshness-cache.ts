import type { CameraFreshness, SessionFreshness } from '../../domain/freshness.js';
import type { FromWorkerOf, SessionTimes } from '../../messages/camera-worker.js';
import { monotonicMs } from '../../process/monotonic.js';

/**
 * What a camera's workers said of how new their pictures are. All that is kept are times of the monotonic clock: an age
 * grows by itself, whatever becomes of a worker.
 */
export class FreshnessCache {
  #newestAt: number | null = null;
  #sessions: Readonly<Record<string, SessionTimes>> = {};

  update({ newestAt, sessions }: Pick<FromWorkerOf<'freshness'>, 'newestAt' | 'sessions'>): void {
    this.newest(newestAt);
    this.#sessions = sessions;
  }

  /** @param at ms of the monotonic clock; null of a camera that is closed, of which what was known goes on */
  newest(at: number | null): void {
    if (at !== null) this.#newestAt = at;
  }

  /** @param goesOn the sessions that there are */
  freshness(goesOn: (session: string) => boolean): CameraFreshness {
    const now = monotonicMs();
    const since = (at: number | null): number | null => (at === null ? null : Math.max(0, now - at));
    const sessions = new Map<string, SessionFreshness>();
    for (const [id, { movedAt, heardAt }] of Object.entries(this.#sessions))
      if (goesOn(id)) sessions.set(id, { movedMs: since(movedAt), heardMs: since(heardAt) });
    return { ageMs: since(this.#newestAt), sessions };
  }
}
