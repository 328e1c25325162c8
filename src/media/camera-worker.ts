import { realpathSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { NOT_STARTED } from '../domain/cameras.js';
import type { EndReason } from '../domain/contract.js';
import { DeviceFinder } from '../domain/devices.js';
import { Failure } from '../domain/failure.js';
import type {
  CameraPlan,
  CameraStatus,
  CaptureDevice,
  IceAgentSettings,
  Log,
  MediaEvents,
  MediaLimits,
} from '../domain/ports.js';
import { type Agreement, agree, type Stream } from '../protocol/agreement.js';
import { usableCandidate } from '../protocol/candidate.js';
import { type CodecName, EXPECTED, type FormatParameters, isOfAnnouncedProfile } from '../protocol/codecs.js';
import type { Offer } from '../protocol/offer.js';
import type { EncoderMemory } from './encoder-memory.js';
import type { FromWorker, FromWorkerOf } from './messages.js';
import { finishAnswer, publishable, requestFor, streamsOf } from './negotiation.js';
import { StillRequests } from './still-requests.js';
import { WorkerProcess } from './worker-process.js';

export interface CameraWorkerOptions {
  plan: CameraPlan;
  /** Resolves when the encoders of this machine are known; waited for before the camera can be used. */
  probed: Promise<unknown>;
  encoders: EncoderMemory;
  limits: () => MediaLimits;
  /** The V4L2 cameras that are plugged in. */
  devices: readonly CaptureDevice[];
  /** What the worker's ICE agent uses, asked for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  events: MediaEvents;
  log: Log;
}

interface Waiting {
  resolve(answer: string): void;
  reject(failure: Failure): void;
}

/** States in which no encoder is open. */
const CLOSED: ReadonlySet<string> = new Set(['idle', 'waiting', 'failed']);
/** ms from one death to the next start; the last goes on. One that ran for a while begins anew. */
const BACKOFF_MS = [0, 250, 1000, 2000, 5000, 10_000];
const STEADY_MS = 30_000;
/** A viewer who comes while the worker starts waits so long for it. */
const READY_PATIENCE_MS = 4_000;
/** The worker looks at a source for 8 s and waits as long for its first picture; it says what was wrong, so wait longer. */
const ANSWER_PATIENCE_MS = 17_000;

/**
 * The parent's side of one camera: keeps a worker running, hands it viewers and says how the camera is. When a worker
 * dies its sessions end with `worker-died`; the next worker knows nothing of them.
 */
export class CameraWorker {
  readonly #options: CameraWorkerOptions;
  #plan: CameraPlan;
  #finder: DeviceFinder;
  #device: CaptureDevice | null;
  readonly #log: Log;
  readonly #waiting = new Map<string, Waiting>();
  /** With the parameters of the format that was agreed on, where a viewer is sent H.264. */
  readonly #sessions = new Map<string, FormatParameters | null>();
  /** Those that wait for the worker to be ready; one that leaves meanwhile is not handed to it. */
  readonly #arriving = new Set<string>();
  readonly #stills = new StillRequests();
  #process: WorkerProcess | null = null;
  #isConfigured = false;
  #usable: Promise<void> = Promise.resolve();
  /** What viewers were told of the profile and is not so, in words. */
  #differing: string | null = null;
  #deaths = 0;
  #restarts = 0;
  #startedAt = 0;
  #restart: NodeJS.Timeout | null = null;
  #closed = false;
  #status: CameraStatus = NOT_STARTED;
  /** Those whose elements the worker has. */
  #codecs: readonly CodecName[] = [];
  /** What the last publisher agreed to send. */
  #published: Stream = { codec: 'H264', ...EXPECTED };

  constructor(options: CameraWorkerOptions) {
    this.#options = options;
    this.#plan = options.plan;
    this.#finder = new DeviceFinder(options.plan.source, followLink);
    this.#device = this.#finder.find(options.devices);
    this.#log = options.log;
  }

  start(): void {
    if (this.#closed || this.#process) return;
    this.#startedAt = performance.now();
    const process = new WorkerProcess({
      args: ['camera', this.#plan.id],
      log: this.#log,
      onMessage: message => this.#onMessage(message),
    });
    this.#process = process;
    this.#usable = this.#configure(process);
    this.#usable.catch(() => undefined);
    void process.exited.then(reason => this.#onExit(reason));
  }

  /** @throws Failure, OfferError */
  async watch(session: string, offer: Offer): Promise<string> {
    const process = await this.#arrive(session);
    const plan = this.#plan;
    if (plan.source.type === 'whip' && this.#status.publisher === null) throw this.#nobodyPublishes();
    if (!this.#status.passthrough.active) this.#options.encoders.hold(plan.id, this.#options.limits().encoders);
    const streams = streamsOf(plan, this.#status, this.#published, this.#codecs);
    const agreement = agree(offer, streams, this.#status.audio !== null);
    return await this.#negotiate(process, 'join', { session, offer, agreement, ice: this.#options.iceSettings() });
  }

  /** Takes on another configuration; viewers stay. */
  change(plan: CameraPlan, devices: readonly CaptureDevice[]): void {
    if (!isDeepStrictEqual(plan.source, this.#plan.source)) this.#finder = new DeviceFinder(plan.source, followLink);
    this.#plan = plan;
    this.#device = this.#finder.find(devices);
    this.#tellConfiguration();
    this.#update({ device: this.#device?.device ?? null });
  }

  /** Tells the worker what is known now of the machine and the limits. */
  refresh(): void {
    this.#tellConfiguration();
  }

  setDevices(devices: readonly CaptureDevice[]): void {
    const device = this.#finder.find(devices);
    if (JSON.stringify(device) === JSON.stringify(this.#device)) return;
    this.#device = device;
    this.#log.info({ device: device?.device ?? null }, device ? 'camera plugged in' : 'camera unplugged');
    this.#tellConfiguration();
    this.#update({ device: device?.device ?? null });
  }

  keyframe(): void {
    this.#process?.send({ type: 'keyframe' });
  }

  /** The picture of now, as JPEG. @throws Failure */
  async still(): Promise<Uint8Array> {
    const process = await this.#usableProcess();
    if (!this.#status.passthrough.active) this.#options.encoders.hold(this.#plan.id, this.#options.limits().encoders);
    return await this.#stills.ask(request => process.send({ type: 'still', request }));
  }

  /** @throws Failure, OfferError */
  async publish(session: string, offer: Offer): Promise<string> {
    const process = await this.#arrive(session);
    const agreement = this.#agreePublisher(offer);
    this.#published = { codec: agreement.codec, profileLevelId: null };
    return await this.#negotiate(process, 'publish', { session, offer, agreement, ice: this.#options.iceSettings() });
  }

  /** @throws Failure, OfferError */
  checkPublisher(offer: Offer): void {
    this.#agreePublisher(offer);
    this.#options.iceSettings();
  }

  trickle(session: string, candidates: readonly string[]): void {
    const values = candidates.flatMap(candidate => usableCandidate(candidate) ?? []);
    if (values.length > 0 && this.#sessions.has(session)) this.#process?.send({ type: 'candidates', session, values });
  }

  leave(session: string): void {
    this.#arriving.delete(session);
    if (!this.#sessions.delete(session)) return;
    this.#process?.send({ type: 'leave', session });
    this.#refuse(session, endedEarly());
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restart) clearTimeout(this.#restart);
    for (const session of [...this.#sessions.keys()]) {
      this.#sessions.delete(session);
      this.#refuse(session, this.#starting());
      this.#options.events.sessionEnded(session, 'worker-died', 'the camera was configured anew');
    }
    await this.#process?.close();
  }

  #agreePublisher(offer: Offer): Agreement {
    return agree(offer, publishable(this.#codecs), this.#codecs.includes('OPUS'));
  }

  async #negotiate(
    process: WorkerProcess,
    type: 'join' | 'publish',
    request: Parameters<typeof requestFor>[1],
  ): Promise<string> {
    const { session } = request;
    const answered = new Promise<string>((resolve, reject) => this.#waiting.set(session, { resolve, reject }));
    const isSentH264 = type === 'join' && request.agreement.codec === 'H264';
    this.#sessions.set(session, isSentH264 ? request.agreement.video.codec.parameters : null);
    const timer = setTimeout(() => {
      this.#refuse(
        session,
        new Failure(
          'camera-unavailable',
          `Camera "${this.#plan.id}" gave no answer within ${ANSWER_PATIENCE_MS / 1000} s.`,
          { retryAfter: 2 },
        ),
      );
      this.leave(session);
    }, ANSWER_PATIENCE_MS);
    process.send(requestFor(type, request));
    try {
      return finishAnswer(await answered, request, this.#status);
    } catch (error) {
      this.leave(session);
      throw error;
    } finally {
      clearTimeout(timer);
    }
  }

  #nobodyPublishes(): Failure {
    const { id } = this.#plan;
    return new Failure('no-publisher', `Nobody publishes to camera "${id}" now.`, {
      remedy: `Publish to /whip/${id}, or ask again.`,
      retryAfter: 2,
    });
  }

  async #configure(process: WorkerProcess): Promise<void> {
    const [codecs] = await Promise.all([process.ready, this.#options.probed]);
    // Whoever waits for it is told to ask again.
    if (this.#process !== process) throw new Error('another worker has taken its place');
    this.#codecs = codecs;
    this.#isConfigured = true;
    this.#tellConfiguration();
    this.#update({ state: this.#plan.source.type === 'whip' ? 'waiting' : 'idle' });
  }

  #tellConfiguration(): void {
    if (!this.#isConfigured) return;
    const { source, settings } = this.#plan;
    const { controls: _controls, fallback: _fallback, ...media } = settings;
    const { lingerMs, publisherReturnMs } = this.#options.limits();
    const encoders = this.#options.encoders.names();
    this.#process?.send({
      type: 'configure',
      source,
      ...media,
      lingerMs,
      publisherReturnMs,
      device: this.#device,
      encoders,
    });
  }

  async #arrive(session: string): Promise<WorkerProcess> {
    this.#arriving.add(session);
    try {
      const process = await this.#usableProcess();
      if (this.#arriving.has(session)) return process;
      throw endedEarly();
    } finally {
      this.#arriving.delete(session);
    }
  }

  async #usableProcess(): Promise<WorkerProcess> {
    const patience = AbortSignal.timeout(READY_PATIENCE_MS);
    const late = new Promise<never>((_, reject) =>
      patience.addEventListener('abort', () => reject(this.#starting()), { once: true }),
    );
    late.catch(() => undefined);
    if (!this.#process) throw this.#starting();
    await Promise.race([
      this.#usable.catch(() => {
        throw this.#starting();
      }),
      late,
    ]);
    if (!this.#process || this.#closed) throw this.#starting();
    return this.#process;
  }

  #starting(): Failure {
    const { id } = this.#plan;
    const why = this.#status.problem ? ` Its worker died: ${this.#status.problem.detail}.` : '';
    return new Failure('camera-starting', `Camera "${id}" is being started.${why}`, {
      remedy: 'Ask again in a moment.',
      retryAfter: 1,
    });
  }

  #onMessage(message: FromWorker): void {
    const { events } = this.#options;
    switch (message.type) {
      case 'camera':
        this.#onCamera(message);
        break;
      case 'joined':
        this.#waiting.get(message.session)?.resolve(message.answer);
        this.#waiting.delete(message.session);
        break;
      case 'refused':
        this.#onRefused(message);
        break;
      case 'still':
        this.#stills.answer(message);
        break;
      case 'no-still':
        this.#stills.deny(message);
        break;
      case 'encoder-failed':
        this.#options.encoders.failed(this.#plan.id, message.element, message.reason);
        break;
      case 'connected':
        events.sessionConnected(message.session);
        break;
      case 'stats':
        events.sessionMeasured(message.session, message.stats);
        break;
      case 'ended':
        this.leave(message.session);
        events.sessionEnded(message.session, message.reason as EndReason, message.detail);
        break;
      case 'log':
        this.#log[message.level === 'error' ? 'error' : 'info'](message.fields, message.event);
        break;
      default:
        this.#log.error({ type: message.type }, 'message of a camera worker makes no sense from it');
    }
  }

  #onRefused({ session, code, detail, remedy }: FromWorkerOf<'refused'>): void {
    this.#sessions.delete(session);
    if (code === 'no-publisher') this.#refuse(session, this.#nobodyPublishes());
    else if (code === 'camera-unavailable')
      this.#refuse(session, new Failure(code, detail, { remedy: remedy ?? undefined, retryAfter: 2 }));
    else {
      this.#log.error({ session, detail }, 'worker could not answer an offer');
      this.#refuse(session, new Failure('internal', detail));
    }
  }

  #onCamera({ type: _, state, detail, remedy, video, notices, lostMs, ...more }: FromWorkerOf<'camera'>): void {
    const before = this.#status;
    if (state === 'failed' && before.state !== 'failed') this.#log.warn({ detail, remedy }, 'camera failed');
    if (state === 'lost' && before.state !== 'lost') this.#log.warn({ detail, remedy }, 'camera lost');
    if (state === 'live' && before.state === 'lost') this.#log.info({}, 'camera is back');
    if (CLOSED.has(state)) this.#options.encoders.release(this.#plan.id);
    else if (more.encoder !== null) this.#options.encoders.hold(this.#plan.id, null);
    this.#update({
      ...more,
      renditions: [...more.renditions],
      notices: [...notices, ...this.#notices(more.encoder)],
      lostSince: lostMs === null ? null : (before.lostSince ?? new Date(Date.now() - lostMs).toISOString()),
      state: state as CameraStatus['state'],
      ...(detail === null ? {} : { problem: { detail, ...(remedy === null ? {} : { remedy }) } }),
      // What it was when it was open last; of a publisher that is gone, nothing.
      ...(video || this.#plan.source.type === 'whip' ? { video } : {}),
    });
    if (state === 'live') this.#checkProfile();
  }

  #notices(encoder: string | null): CameraStatus['notices'] {
    const better = encoder === null ? null : this.#options.encoders.insteadOf(encoder);
    return [
      ...(better === null
        ? []
        : [
            {
              code: 'encoder-fallback' as const,
              detail: `${better}; ${encoder} is used.`,
              remedy:
                'bigfootbot-video doctor says what this machine has. Consumer NVIDIA cards encode a few cameras at a time.',
            },
          ]),
      ...(this.#differing === null
        ? []
        : [
            {
              code: 'profile-differs' as const,
              detail: this.#differing,
              remedy: 'Set passthrough to "never" if a player shows nothing.',
            },
          ]),
    ];
  }

  // Caps and settings may say one thing and a driver do another: the SPS is what a decoder goes by.
  #checkProfile(): void {
    const { video } = this.#status;
    if (this.#sessions.size === 0) this.#differing = null;
    if (video?.codec !== 'H264' || video.profileLevelId === null) return;
    for (const [session, offered] of this.#sessions) {
      if (!offered || isOfAnnouncedProfile(offered, video.profileLevelId)) continue;
      // Said once.
      this.#sessions.set(session, null);
      this.#differing = `Profile ${offered.get('profile-level-id')} was announced to a viewer, and ${video.profileLevelId} is sent.`;
      this.#log.warn(
        { session, announced: offered.get('profile-level-id'), sent: video.profileLevelId },
        'another profile is sent than was announced',
      );
    }
  }

  #onExit(reason: string): void {
    this.#process = null;
    this.#isConfigured = false;
    this.#stills.refuse(reason);
    this.#options.encoders.release(this.#plan.id);
    if (this.#closed) return;
    if (performance.now() - this.#startedAt > STEADY_MS) this.#deaths = 0;
    const delay = BACKOFF_MS[Math.min(this.#deaths, BACKOFF_MS.length - 1)] ?? 0;
    this.#deaths++;
    this.#restarts++;
    this.#log.error({ reason, restartInMs: delay }, 'worker died');
    this.#update({
      state: 'down',
      encoder: null,
      audio: null,
      renditions: [],
      publisher: null,
      fps: 0,
      bitrate: 0,
      problem: { detail: reason, remedy: 'It is being started anew by itself.' },
    });
    for (const session of [...this.#sessions.keys()]) {
      this.#sessions.delete(session);
      this.#refuse(session, this.#starting());
      this.#options.events.sessionEnded(session, 'worker-died', reason);
    }
    this.#restart = setTimeout(() => this.start(), delay);
  }

  #refuse(session: string, failure: Failure): void {
    this.#waiting.get(session)?.reject(failure);
    this.#waiting.delete(session);
  }

  #update(change: Partial<CameraStatus>): void {
    const { problem: _, ...before } = this.#status;
    this.#status = { ...before, ...change, restarts: this.#restarts };
    this.#options.events.cameraChanged(this.#plan.id, this.#status);
  }
}

function endedEarly(): Failure {
  return new Failure('camera-unavailable', 'The session was ended before it was answered.', { retryAfter: 1 });
}

export function followLink(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}
