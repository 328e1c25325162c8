import type { CameraPlan } from '../../domain/camera-plan.js';
import type { EndReason } from '../../domain/contract.js';
import type { CaptureDevice } from '../../domain/devices.js';
import type { CameraFreshness } from '../../domain/freshness.js';
import type { IceAgentSettings } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import type { CameraMeasures } from '../../domain/measures.js';
import type { MediaEvents, MediaLimits } from '../../domain/media-engine.js';
import type { Snapshot } from '../../domain/snapshots.js';
import { type FromWorker, WORKER_REPLIES } from '../../messages/camera-worker.js';
import { processFigures } from '../../process/proc.js';
import { type Exit, Supervised } from '../../process/supervised.js';
import { EXPECTED } from '../../protocol/codecs.js';
import { type ApplyControls, CameraDevice } from './camera-device.js';
import { CameraReport, CLOSED } from './camera-report.js';
import { ANSWER_TIMEOUT_MS, type CameraProcess, CameraSessions } from './camera-sessions.js';
import type { EncoderMemory } from './encoder-memory.js';
import { FreshnessCache } from './freshness-cache.js';
import { type HeldDevices, RESTART_MACHINE, UNPLUG } from './held-devices.js';
import { levelOf } from './log-level.js';
import { failureOf } from './refusals.js';
import { startWorker, WORKER_RESTARTS } from './worker-process.js';

export interface CameraWorkerOptions {
  plan: CameraPlan;
  /** Resolves when the encoders of this machine are known; the camera is not usable before. */
  probed: Promise<unknown>;
  encoders: EncoderMemory;
  limits: () => MediaLimits;
  /** The V4L2 cameras that are plugged in. */
  devices: readonly CaptureDevice[];
  /** Devices that cannot be opened now; `heldDevicesChanged` is called when that changes. */
  held: HeldDevices;
  applyControls: ApplyControls;
  /** Settings of the worker's ICE agent, read for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  events: MediaEvents;
  /** For a source `forwarded`: the port of this machine on which it receives RTP; null when it is closed. */
  receiverPortChanged(port: number | null): void;
  /** Requests a keyframe from the sender to that port. */
  requestKeyframe(): void;
  log: Log;
}

/** The worker measures a few frames, for at most 0.25 s. */
const MEASURE_TIMEOUT_MS = 1_000;

/**
 * The parent's side of one camera: supervises its worker, sends it the configuration and handles its messages.
 * CameraSessions manages the users of the camera, CameraReport its status.
 */
export class CameraWorker {
  readonly sessions: CameraSessions;
  readonly #options: CameraWorkerOptions;
  readonly #worker: CameraProcess;
  readonly #device: CameraDevice;
  readonly #report: CameraReport;
  readonly #freshness = new FreshnessCache();
  #plan: CameraPlan;
  /** Paths of devices that the current worker was configured with and may have open. */
  readonly #configuredDevices = new Set<string>();
  #receiverPort: number | null = null;
  /** Shared by concurrent requests. */
  #snapshot: Promise<Snapshot> | null = null;

  constructor(options: CameraWorkerOptions) {
    const { plan, log, events, encoders, iceSettings } = options;
    this.#options = options;
    this.#plan = plan;
    this.#device = new CameraDevice({
      ...options,
      onChange: () => this.#deviceChanged(),
      onNotices: () => this.#report.deviceChanged(),
    });
    this.#report = new CameraReport({ plan: () => this.#plan, device: this.#device, encoders, events, log });
    this.#worker = new Supervised({
      launch: onMessage => startWorker({ args: ['camera', plan.id], log, onMessage }),
      replies: WORKER_REPLIES,
      policy: WORKER_RESTARTS,
      mayStart: () => this.#blockedReason() === null,
      prepare: async ({ codecs }) => {
        this.sessions.setCodecs(codecs);
        await options.probed;
      },
      onUp: () => {
        this.#sendConfiguration();
        this.#report.started();
      },
      onMessage: message => this.#onMessage(message),
      onExit: exit => this.#onExit(exit),
    });
    this.sessions = new CameraSessions({
      plan: () => this.#plan,
      worker: this.#worker,
      report: this.#report,
      iceSettings,
      acquireEncoder: () => this.#acquireEncoder(),
      events,
    });
  }

  start(): void {
    const detail = this.#blockedReason();
    if (detail !== null) {
      this.#options.log.warn({ detail, remedy: UNPLUG }, 'camera waiting for its device');
      this.#report.down({ detail, remedy: UNPLUG }, { isRestart: false });
    }
    this.#worker.start();
  }

  keyframe(): void {
    this.#worker.send({ type: 'keyframe' });
  }

  /** The newest frame. @throws Failure */
  async snapshot(): Promise<Snapshot> {
    this.#snapshot ??= this.#takeSnapshot().finally(() => {
      this.#snapshot = null;
    });
    return await this.#snapshot;
  }

  /** Applies another configuration; viewers stay connected. */
  change(plan: CameraPlan): void {
    this.#plan = plan;
    this.#device.change(plan);
    this.#deviceChanged();
  }

  /** Sends the worker the current encoders and limits. */
  refresh(): void {
    this.#sendConfiguration();
  }

  setDevices(devices: readonly CaptureDevice[]): void {
    this.#device.setDevices(devices);
  }

  /** A device can no longer be opened, or can be again. */
  heldDevicesChanged(): void {
    this.#worker.retry();
    this.#sendConfiguration();
  }

  /** Of the stream sent to viewers; while it is closed, the last known or the expected one. */
  get profileLevelId(): string {
    return this.#report.status.video?.profileLevelId ?? EXPECTED.profileLevelId ?? '';
  }

  /** See FreshnessWatch. */
  async refreshFreshness(everyMs: number, timeoutMs: number): Promise<void> {
    // Without an answer the last times remain, and the ages grow.
    const reply = await this.#worker.request({ type: 'freshness', everyMs }, { timeoutMs }).catch(() => null);
    if (reply) this.#freshness.update(reply);
  }

  freshness(): CameraFreshness {
    return this.#freshness.freshness(session => this.sessions.has(session));
  }

  /** See Measuring. */
  async measure(): Promise<CameraMeasures> {
    const { child, isUp } = this.#worker;
    if (child?.pid === undefined) return { process: null, stream: null };
    const asked = isUp ? this.#worker.request({ type: 'measure' }, { timeoutMs: MEASURE_TIMEOUT_MS }) : null;
    const [measured, figures] = await Promise.all([asked?.catch(() => null), processFigures(child.pid)]);
    const { loopLagMs = null, stream = null } = measured ?? {};
    // A worker that does not answer has been blocked since its last message.
    const lag = measured ? loopLagMs : isUp ? child.silenceMs() : null;
    return { process: figures && { ...figures, loopLagMs: lag }, stream };
  }

  /** Whether the camera has a supervised worker, or one that will be started. */
  isSupervised(): boolean {
    return this.#worker.isSupervised();
  }

  async close(): Promise<void> {
    await this.#worker.close();
  }

  async #takeSnapshot(): Promise<Snapshot> {
    await this.sessions.untilReady();
    this.#acquireEncoder();
    try {
      return await this.#worker.request({ type: 'snapshot' }, { timeoutMs: ANSWER_TIMEOUT_MS });
    } catch (error) {
      throw failureOf(this.#plan.id, error, this.#report.exitReason);
    }
  }

  /** @throws Failure no-encoder-slot */
  #acquireEncoder(): void {
    if (this.#report.status.passthrough.active) return;
    this.#options.encoders.acquire(this.#plan.id, this.#options.limits().encoders);
  }

  #deviceChanged(): void {
    this.#sendConfiguration();
    this.#report.deviceChanged();
    this.#worker.retry();
  }

  /** Why the device cannot be opened now; null if it can, and for sources without one. */
  #blockedReason(): string | null {
    const { current } = this.#device;
    return current && this.#options.held.blockedReason(current.device);
  }

  #sendConfiguration(): void {
    if (!this.#worker.isUp) return;
    const { source, settings } = this.#plan;
    const { controls: _controls, fallback: _fallback, ...media } = settings;
    const { lingerMs, publisherReturnMs } = this.#options.limits();
    const encoders = this.#options.encoders.names();
    const { current } = this.#device;
    const held = this.#blockedReason();
    if (current && held === null) this.#configuredDevices.add(current.device);
    this.#worker.send({
      type: 'configure',
      source,
      ...media,
      lingerMs,
      publisherReturnMs,
      device: current && held !== null ? { ...current, usable: held } : current,
      encoders,
    });
  }

  /** The worker has closed everything: of the configured devices it can only open the current one. */
  #forgetOldDevices(): void {
    const { current } = this.#device;
    for (const device of this.#configuredDevices)
      if (device !== current?.device) this.#configuredDevices.delete(device);
  }

  #onMessage(message: FromWorker): void {
    const { events, log } = this.#options;
    switch (message.type) {
      case 'camera':
        this.#freshness.newest(message.newestAt);
        this.#report.onCameraMessage(message);
        if (CLOSED.has(message.state)) this.#forgetOldDevices();
        break;
      case 'receiver-opened':
        this.#receiverPort = message.port;
        this.#options.receiverPortChanged(message.port);
        break;
      case 'receiver-closed':
        if (this.#receiverPort === message.port) this.#closeReceiver();
        break;
      case 'keyframe-wanted':
        this.#options.requestKeyframe();
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
      case 'stats':
        events.sessionMeasured(message.session, message.stats);
        break;
      case 'ended':
        this.sessions.leave(message.session);
        events.sessionEnded(message.session, message.reason as EndReason, message.detail);
        break;
      case 'log':
        log[levelOf(message.level)](message.fields, message.event);
        break;
      default:
        log.error({ type: message.type }, 'unexpected message from camera worker');
    }
  }

  #closeReceiver(): void {
    if (this.#receiverPort !== null) this.#options.receiverPortChanged(null);
    this.#receiverPort = null;
  }

  #onExit({ reason, isStuck, pid, next, restartInMs, exited }: Exit): void {
    const { encoders, held, log } = this.#options;
    if (isStuck && pid !== undefined) for (const device of this.#configuredDevices) held.hold(device, pid, exited);
    this.#configuredDevices.clear();
    this.#closeReceiver();
    encoders.release(this.#plan.id);
    if (next === 'closed') return;
    const waitsFor = this.#blockedReason() !== null ? UNPLUG : this.#worker.isFull ? RESTART_MACHINE : null;
    log.error({ pid, reason, isStuck, restartInMs: waitsFor ? null : restartInMs }, 'camera worker exited');
    const remedy = waitsFor ?? 'It restarts automatically.';
    this.#report.down({ detail: reason, remedy }, { isRestart: true });
    this.sessions.workerDied(reason);
  }
}
