import type { CameraPlan, CameraStatus } from '../../domain/camera-plan.js';
import { NOT_STARTED } from '../../domain/cameras.js';
import type { Log } from '../../domain/log.js';
import type { MediaEvents } from '../../domain/media-engine.js';
import type { FromWorkerOf } from '../../messages/camera-worker.js';
import { AnnouncedProfiles } from './announced-profiles.js';
import type { CameraDevice } from './camera-device.js';
import type { EncoderMemory } from './encoder-memory.js';

export interface CameraReportOptions {
  plan: () => CameraPlan;
  device: CameraDevice;
  encoders: EncoderMemory;
  events: MediaEvents;
  log: Log;
}

/** States in which neither device nor encoder is open. */
export const CLOSED: ReadonlySet<string> = new Set(['idle', 'waiting', 'failed']);

/** The status of a camera, combined from its worker, its device and the encoders. */
export class CameraReport {
  /** The H.264 profiles announced to its viewers. */
  readonly profiles: AnnouncedProfiles;
  readonly #options: CameraReportOptions;
  #status: CameraStatus;
  /** Those from the worker. */
  #notices: CameraStatus['notices'] = [];
  #restarts = 0;
  #exitReason: string | null = null;

  constructor(options: CameraReportOptions) {
    this.#options = options;
    this.profiles = new AnnouncedProfiles(options.log);
    this.#status = { ...NOT_STARTED, device: options.device.current?.device ?? null };
  }

  get status(): CameraStatus {
    return this.#status;
  }

  /** Why there is no worker; null while there is one. */
  get exitReason(): string | null {
    return this.#exitReason;
  }

  /** Its device or the device's notices have changed; the problem remains. */
  deviceChanged(): void {
    this.#update({ device: this.#options.device.current?.device ?? null });
  }

  /** Its worker is up, and has opened nothing yet. */
  started(): void {
    this.#exitReason = null;
    this.#update({ state: this.#options.plan().source.type === 'whip' ? 'waiting' : 'idle' }, null);
  }

  /** There is no worker. @param isRestart whether there was one, and another will start */
  down(problem: NonNullable<CameraStatus['problem']>, { isRestart }: { isRestart: boolean }): void {
    this.#exitReason = problem.detail;
    this.#notices = [];
    if (isRestart) this.#restarts++;
    this.#update(
      {
        state: 'down',
        lostSince: null,
        capture: null,
        encoder: null,
        audio: null,
        renditions: [],
        publisher: null,
        fps: 0,
        bitrate: 0,
      },
      problem,
    );
  }

  /** Applies a status message of its worker. */
  onCameraMessage({
    type: _,
    state,
    detail,
    remedy,
    video,
    notices,
    lostMs,
    newestAt: __,
    ...more
  }: FromWorkerOf<'camera'>): void {
    const { encoders, log, plan } = this.#options;
    const { id, source } = plan();
    const before = this.#status;
    if (state === 'failed' && before.state !== 'failed') log.warn({ detail, remedy }, 'camera failed');
    if (state === 'lost' && before.state !== 'lost') log.warn({ detail, remedy }, 'camera lost');
    if (state === 'live' && before.state === 'lost') log.info({}, 'camera recovered');
    if (CLOSED.has(state)) encoders.release(id);
    else if (more.encoder !== null) encoders.acquire(id, null);
    this.#notices = [...notices];
    this.#update(
      {
        ...more,
        renditions: [...more.renditions],
        lostSince: lostMs === null ? null : (before.lostSince ?? new Date(Date.now() - lostMs).toISOString()),
        state: state as CameraStatus['state'],
        // While closed, keep the last known video, except that of a publisher that has left.
        ...(video || source.type === 'whip' ? { video } : {}),
      },
      detail === null ? null : { detail, ...(remedy === null ? {} : { remedy }) },
    );
  }

  /** @param problem null for none; defaults to the current one */
  #update(
    change: Partial<Omit<CameraStatus, 'problem'>>,
    problem: CameraStatus['problem'] | null = this.#status.problem ?? null,
  ): void {
    const { problem: _, ...before } = this.#status;
    const status = { ...before, ...change, restarts: this.#restarts, ...(problem === null ? {} : { problem }) };
    this.#status = { ...status, notices: this.#allNotices(status) };
    this.#options.events.cameraChanged(this.#options.plan().id, this.#status);
  }

  /** Notices of the worker, the device, the encoders and the profile check. */
  #allNotices({ encoder, video, state }: CameraStatus): CameraStatus['notices'] {
    const { encoders, device } = this.#options;
    const fallback = encoder === null ? null : encoders.fallbackReason(encoder);
    const differing = state === 'live' ? this.profiles.check(video) : null;
    const found: CameraStatus['notices'] = [...this.#notices, ...device.notices];
    if (fallback !== null) {
      found.push({
        code: 'encoder-fallback',
        detail: `${fallback}; ${encoder} is used.`,
        remedy:
          '"bigfootbot-video doctor" shows which encoders open. Consumer NVIDIA cards encode only a few cameras at a time.',
      });
    }
    if (differing !== null) {
      found.push({
        code: 'profile-differs',
        detail: differing,
        remedy: 'Set passthrough to "never" if a player shows nothing.',
      });
    }
    return found;
  }
}
