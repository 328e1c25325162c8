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

/** How a camera is, of all who know something of it: its worker, its device, the encoders. */
export class CameraReport {
  /** What H.264 its viewers were announced. */
  readonly profiles: AnnouncedProfiles;
  readonly #options: CameraReportOptions;
  #status: CameraStatus;
  /** The worker's own. */
  #notices: CameraStatus['notices'] = [];
  #restarts = 0;
  #diedOf: string | null = null;

  constructor(options: CameraReportOptions) {
    this.#options = options;
    this.profiles = new AnnouncedProfiles(options.log);
    this.#status = { ...NOT_STARTED, device: options.device.current?.device ?? null };
  }

  get status(): CameraStatus {
    return this.#status;
  }

  /** Why there is no worker; null while there is one. */
  get diedOf(): string | null {
    return this.#diedOf;
  }

  /** Its device, or what is noticed of it, is another now; whatever was wrong still is. */
  deviceChanged(): void {
    this.#update({ device: this.#options.device.current?.device ?? null });
  }

  /** Its worker is there, and has opened nothing yet. */
  started(): void {
    this.#diedOf = null;
    this.#update({ state: this.#options.plan().source.type === 'whip' ? 'waiting' : 'idle' }, null);
  }

  /** There is no worker. @param isRestart whether there was one, and another is to come */
  down(problem: NonNullable<CameraStatus['problem']>, { isRestart }: { isRestart: boolean }): void {
    this.#diedOf = problem.detail;
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

  /** What its worker says of it. */
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
    if (state === 'live' && before.state === 'lost') log.info({}, 'camera is back');
    if (CLOSED.has(state)) encoders.release(id);
    else if (more.encoder !== null) encoders.hold(id, null);
    this.#notices = [...notices];
    this.#update(
      {
        ...more,
        renditions: [...more.renditions],
        lostSince: lostMs === null ? null : (before.lostSince ?? new Date(Date.now() - lostMs).toISOString()),
        state: state as CameraStatus['state'],
        // What it was when it was open last; of a publisher that is gone, nothing.
        ...(video || source.type === 'whip' ? { video } : {}),
      },
      detail === null ? null : { detail, ...(remedy === null ? {} : { remedy }) },
    );
  }

  /** @param problem what is wrong now; null for nothing, and what was wrong before if it is left out */
  #update(
    change: Partial<Omit<CameraStatus, 'problem'>>,
    problem: CameraStatus['problem'] | null = this.#status.problem ?? null,
  ): void {
    const { problem: _, ...before } = this.#status;
    const status = { ...before, ...change, restarts: this.#restarts, ...(problem === null ? {} : { problem }) };
    this.#status = { ...status, notices: this.#allNotices(status) };
    this.#options.events.cameraChanged(this.#options.plan().id, this.#status);
  }

  /** What is not as it should be, of all who know of something. */
  #allNotices({ encoder, video, state }: CameraStatus): CameraStatus['notices'] {
    const { encoders, device } = this.#options;
    const better = encoder === null ? null : encoders.insteadOf(encoder);
    const differing = state === 'live' ? this.profiles.check(video) : null;
    const found: CameraStatus['notices'] = [...this.#notices, ...device.notices];
    if (better !== null) {
      found.push({
        code: 'encoder-fallback',
        detail: `${better}; ${encoder} is used.`,
        remedy: 'bigfootbot-video doctor says what opens. Consumer NVIDIA cards encode a few cameras at a time.',
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
