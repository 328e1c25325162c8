import { NOT_STARTED } from '../domain/cameras.js';
import type { EndReason } from '../domain/contract.js';
import { Failure } from '../domain/failure.js';
import type {
  CameraFreshness,
  CameraMeasures,
  CameraPlan,
  CameraStatus,
  CaptureDevice,
  IceAgentSettings,
  Log,
  MediaEvents,
  MediaLimits,
  Snapshot,
} from '../domain/ports.js';
import type { FromWorker, FromWorkerOf } from '../messages/camera-worker.js';
import { processFigures } from '../process/proc.js';
import { type Agreement, agree, type Stream } from '../protocol/agreement.js';
import { usableCandidate } from '../protocol/candidate.js';
import { type CodecName, EXPECTED } from '../protocol/codecs.js';
import type { Offer } from '../protocol/offer.js';
import { AnnouncedProfiles } from './announced-profiles.js';
import { type ApplyControls, CameraDevice } from './camera-device.js';
import type { EncoderMemory } from './encoder-memory.js';
import { endedEarly, finishAnswer, publishable, requestFor, streamsOf } from './negotiation.js';
import { StillRequests } from './still-requests.js';
import { WorkerLooks } from './worker-looks.js';
import { startWorker, type WorkerProcess } from './worker-process.js';

export interface CameraWorkerOptions {
  plan: CameraPlan;
  /** Resolves when the encoders of this machine are known; waited for before the camera can be used. */
  probed: Promise<unknown>;
  encoders: EncoderMemory;
  limits: () => MediaLimits;
  /** The V4L2 cameras that are plugged in. */
  devices: readonly CaptureDevice[];
  applyControls: ApplyControls;
  /** What the worker's ICE agent uses, asked for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  events: MediaEvents;
  /** Of source `legacy`: what is sent to this port of this machine is what it brings; null when it is closed. */
  wantsInlet(port: number | null): void;
  /** Whoever sends there is to make a keyframe. */
  wantsKeyframe(): void;
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
  readonly #device: CameraDevice;
  readonly #log: Log;
  readonly #waiting = new Map<string, Waiting>();
  readonly #sessions = new Set<string>();
  readonly #profiles: AnnouncedProfiles;
  /** Those that wait for the worker to be ready; one that leaves meanwhile is not handed to it. */
  readonly #arriving = new Set<string>();
  readonly #stills = new StillRequests();
  /** What is sent on within this machine, and whom to tell that it is not any more. */
  readonly #feeds = new Map<string, (failure: Failure) => void>();
  #inletPort: number | null = null;
  readonly #looks = new WorkerLooks();
  #process: WorkerProcess | null = null;
  #isConfigured = false;
  #usable: Promise<void> = Promise.resolve();
  /** The worker's own. */
  #notices: CameraStatus['notices'] = [];
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
    this.#log = options.log;
    this.#profiles = new AnnouncedProfiles(options.log);
    this.#device = new CameraDevice({
      ...options,
      onChange: () => {
        this.#tellConfiguration();
        this.#update({ device: this.#device.current?.device ?? null });
      },
      onNotices: () => this.#update({}),
    });
    this.#status = { ...NOT_STARTED, device: this.#device.current?.device ?? null };
  }

  start(): void {
    this.#restart = null;
    if (this.#closed || this.#process) return;
    this.#startedAt = performance.now();
    const process = startWorker({
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
  async watch(session: string, offer: Offer, requestId: string): Promise<string> {
    const process = await this.#arrive(session);
    const plan = this.#plan;
    // While his viewers wait for a publisher to come back, others may as well.
    const { publisher, state } = this.#status;
    if (plan.source.type === 'whip' && publisher === null && state !== 'lost') throw this.#nobodyPublishes();
    const streams = streamsOf(plan, this.#status, this.#published, this.#codecs);
    const agreement = agree(offer, streams, this.#status.audio !== null);
    const ice = this.#options.iceSettings();
    this.#holdEncoder();
    return await this.#negotiate(process, 'join', { session, requestId, offer, agreement, ice });
  }

  /** Takes on another configuration; viewers stay. */
  change(plan: CameraPlan): void {
    this.#plan = plan;
    this.#device.change(plan);
    this.#tellConfiguration();
    this.#update({ device: this.#device.current?.device ?? null });
  }

  /** Tells the worker what is known now of the machine and the limits. */
  refresh(): void {
    this.#tellConfiguration();
  }

  setDevices(devices: readonly CaptureDevice[]): void {
    this.#device.setDevices(devices);
  }

  keyframe(): void {
    this.#process?.send({ type: 'keyframe' });
  }

  /** The newest frame. @throws Failure */
  async still(): Promise<Snapshot> {
    const process = await this.#usableProcess();
    this.#holdEncoder();
    return await this.#stills.ask(request => process.send({ type: 'still', request }));
  }

  async feed(id: string, port: number): Promise<Failure> {
    const process = await this.#arrive(id);
    this.#holdEncoder();
    const over = new Promise<Failure>(resolve => this.#feeds.set(id, resolve));
    process.send({ type: 'feed', feed: id, port });
    return await over;
  }

  unfeed(id: string): void {
    this.#arriving.delete(id);
    if (this.#feeds.delete(id)) this.#process?.send({ type: 'unfeed', feed: id });
  }

  /** Of the stream that viewers are sent; while it is closed, what it was last or is expected to be. */
  get profileLevelId(): string {
    return this.#status.video?.profileLevelId ?? EXPECTED.profileLevelId ?? '';
  }

  /** @throws Failure, OfferError */
  async publish(session: string, offer: Offer, requestId: string): Promise<string> {
    const process = await this.#arrive(session);
    const agreement = this.#agreePublisher(offer);
    this.#published = { codec: agreement.codec, profileLevelId: null };
    const ice = this.#options.iceSettings();
    return await this.#negotiate(process, 'publish', { session, requestId, offer, agreement, ice });
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
    if (!this.#forget(session)) return;
    this.#process?.send({ type: 'leave', session });
    this.#refuse(session, endedEarly());
  }

  /** Whether there is somebody who sees to it that the camera is served: a worker that is looked after, or a restart to come. */
  isSupervised(): boolean {
    return this.#closed || this.#restart !== null || (this.#process?.isWatched() ?? false);
  }

  async close(): Promise<void> {
    this.#closed = true;
    if (this.#restart) clearTimeout(this.#restart);
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
    this.#sessions.add(session);
    const { codec, video } = request.agreement;
    if (type === 'join' && codec === 'H264') this.#profiles.add(session, request.requestId, video.codec.parameters);
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
    const [{ codecs }] = await Promise.all([process.ready, this.#options.probed]);
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
      device: this.#device.current,
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

  /** See FreshnessWatch. */
  async look(everyMs: number, patienceMs: number): Promise<void> {
    const process = this.#process;
    if (process) await this.#looks.look(request => process.send({ type: 'look', request, everyMs }), patienceMs);
  }

  freshness(): CameraFreshness {
    return this.#looks.freshness(session => this.#sessions.has(session));
  }

  /** See Measuring. */
  async measure(): Promise<CameraMeasures> {
    const process = this.#process;
    if (process?.pid === undefined) return { process: null, stream: null };
    const [measured, figures] = await Promise.all([
      this.#isConfigured ? this.#looks.measure(request => process.send({ type: 'measure', request })) : null,
      processFigures(process.pid),
    ]);
    const { loopLagMs = null, stream = null } = measured ?? {};
    // What gives no answer is held up for as long as it has said nothing.
    const lag = measured ? loopLagMs : this.#isConfigured ? process.silenceMs() : null;
    return { process: figures && { ...figures, loopLagMs: lag }, stream };
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
      case 'unfed':
        this.#endFeed(message.feed, new Failure('camera-unavailable', message.detail, { retryAfter: 2 }));
        break;
      case 'inlet':
        this.#inletPort = message.port;
        this.#options.wantsInlet(message.port);
        break;
      case 'inlet-closed':
        if (this.#inletPort === message.port) this.#closeInlet();
        break;
      case 'keyframe-wanted':
        this.#options.wantsKeyframe();
        break;
      case 'encoder-failed':
        this.#options.encoders.failed(this.#plan.id, message.element, message.reason);
        break;
      case 'connected':
        events.sessionConnected(message.session);
        break;
      case 'sending':
        events.sessionSending(message.session);
        break;
      case 'looked':
        this.#looks.looked(message);
        break;
      case 'measured':
        this.#looks.measured(message);
        break;
      case 'stats':
        events.sessionMeasured(message.session, message.stats);
        break;
      case 'ended':
        this.leave(message.session);
        events.sessionEnded(message.session, message.reason as EndReason, message.detail);
        break;
      case 'log':
        this.#log[levelOf(message.level)](message.fields, message.event);
        break;
      default:
        this.#log.error({ type: message.type }, 'message of a camera worker makes no sense from it');
    }
  }

  #endFeed(id: string, failure: Failure): void {
    this.#feeds.get(id)?.(failure);
    this.#feeds.delete(id);
  }

  #closeInlet(): void {
    if (this.#inletPort === null) return;
    this.#inletPort = null;
    this.#options.wantsInlet(null);
  }

  #onRefused({ session, code, detail, remedy }: FromWorkerOf<'refused'>): void {
    this.#forget(session);
    if (code === 'no-publisher') this.#refuse(session, this.#nobodyPublishes());
    else if (code === 'camera-unavailable' || code === 'overloaded')
      this.#refuse(session, new Failure(code, detail, { remedy: remedy ?? undefined, retryAfter: 2 }));
    else this.#refuse(session, new Failure('internal', detail));
  }

  #onCamera({
    type: _,
    state,
    detail,
    remedy,
    video,
    notices,
    lostMs,
    newestAt,
    ...more
  }: FromWorkerOf<'camera'>): void {
    this.#looks.newest(newestAt);
    const before = this.#status;
    if (state === 'failed' && before.state !== 'failed') this.#log.warn({ detail, remedy }, 'camera failed');
    if (state === 'lost' && before.state !== 'lost') this.#log.warn({ detail, remedy }, 'camera lost');
    if (state === 'live' && before.state === 'lost') this.#log.info({}, 'camera is back');
    if (CLOSED.has(state)) this.#options.encoders.release(this.#plan.id);
    else if (more.encoder !== null) this.#options.encoders.hold(this.#plan.id, null);
    this.#notices = [...notices];
    this.#update({
      ...more,
      renditions: [...more.renditions],
      lostSince: lostMs === null ? null : (before.lostSince ?? new Date(Date.now() - lostMs).toISOString()),
      state: state as CameraStatus['state'],
      ...(detail === null ? {} : { problem: { detail, ...(remedy === null ? {} : { remedy }) } }),
      // What it was when it was open last; of a publisher that is gone, nothing.
      ...(video || this.#plan.source.type === 'whip' ? { video } : {}),
    });
  }

  /** What is not as it should be, of all who know of something. */
  #allNotices({ encoder, video, state }: CameraStatus): CameraStatus['notices'] {
    const better = encoder === null ? null : this.#options.encoders.insteadOf(encoder);
    const differing = state === 'live' ? this.#profiles.check(video) : null;
    const found: CameraStatus['notices'] = [...this.#notices, ...this.#device.notices];
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

  /** @throws Failure no-encoder-slot */
  #holdEncoder(): void {
    if (!this.#status.passthrough.active) this.#options.encoders.hold(this.#plan.id, this.#options.limits().encoders);
  }

  #forget(session: string): boolean {
    this.#profiles.delete(session);
    return this.#sessions.delete(session);
  }

  #onExit(reason: string): void {
    this.#process = null;
    this.#isConfigured = false;
    this.#notices = [];
    this.#stills.refuse(reason);
    for (const id of [...this.#feeds.keys()]) this.#endFeed(id, this.#starting());
    this.#closeInlet();
    this.#options.encoders.release(this.#plan.id);
    if (this.#closed) return;
    if (performance.now() - this.#startedAt > STEADY_MS) this.#deaths = 0;
    const delay = BACKOFF_MS[Math.min(this.#deaths, BACKOFF_MS.length - 1)] ?? 0;
    this.#deaths++;
    this.#restarts++;
    this.#log.error({ reason, restartInMs: delay }, 'worker died');
    this.#update({
      state: 'down',
      lostSince: null,
      capture: null,
      encoder: null,
      audio: null,
      renditions: [],
      publisher: null,
      fps: 0,
      bitrate: 0,
      problem: { detail: reason, remedy: 'It is being started anew by itself.' },
    });
    for (const session of [...this.#sessions]) {
      this.#forget(session);
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
    const status = { ...before, ...change, restarts: this.#restarts };
    this.#status = { ...status, notices: this.#allNotices(status) };
    this.#options.events.cameraChanged(this.#plan.id, this.#status);
  }
}

/** Of a line of a worker's. */
const levelOf = (level: string): keyof Log =>
  level === 'error' || level === 'warn' || level === 'debug' ? level : 'info';
