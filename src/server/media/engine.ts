import { CameraKeyframes } from '../../domain/camera-keyframes.js';
import type { CameraPlan, CameraRunner } from '../../domain/camera-plan.js';
import type { CaptureDevice } from '../../domain/devices.js';
import type { CameraFreshness, FreshnessWatch } from '../../domain/freshness.js';
import type { IceAgentSettings } from '../../domain/ice.js';
import type { Log } from '../../domain/log.js';
import type { CameraMeasures, Measuring, ProcessMeasures } from '../../domain/measures.js';
import type { Machine, MediaEngine, MediaEvents, MediaLimits } from '../../domain/media-engine.js';
import type { ConnectionCamera, ConnectionOffer, MultiCameraConnections } from '../../domain/multi-camera.js';
import type { Snapshot, Snapshots } from '../../domain/snapshots.js';
import { EXPECTED } from '../../protocol/codecs.js';
import type { Offer } from '../../protocol/offer.js';
import type { ApplyControls } from './camera-device.js';
import { CameraWorker } from './camera-worker.js';
import { EncoderMemory } from './encoder-memory.js';
import { Forward } from './forward.js';
import { HeldDevices } from './held-devices.js';
import { MultiCameraWorker } from './multi-camera-worker.js';
import { Prober } from './prober.js';

export interface WorkerEngineOptions {
  /** The current limits. */
  limits: () => MediaLimits;
  applyControls: ApplyControls;
  /** Settings of the server's own ICE agents, read for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** Called by the engine when something happens. */
  events: MediaEvents;
  /** A logger whose lines include the camera. */
  logFor(camera: string): Log;
  log: Log;
}

/** Minimum interval between keyframes of a camera that are requested from another process. */
const KEYFRAME_INTERVAL_MS = 250;

/** The cameras, each in its own process, and the probe of the machine. */
export class WorkerEngine
  implements MediaEngine, CameraRunner, Snapshots, MultiCameraConnections, FreshnessWatch, Measuring
{
  readonly #options: WorkerEngineOptions;
  readonly #workers = new Map<string, CameraWorker>();
  readonly #held = new HeldDevices(() => {
    for (const worker of this.#workers.values()) worker.heldDevicesChanged();
  });
  /** Removed cameras whose worker has not exited yet: a device opens only once. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #prober: Prober;
  readonly #encoders: EncoderMemory;
  readonly #probed: Promise<void>;
  readonly #multiCamera: MultiCameraWorker;
  readonly #keyframes = new CameraKeyframes(camera => this.#workers.get(camera)?.keyframe(), KEYFRAME_INTERVAL_MS);
  readonly #senderKeyframes = new CameraKeyframes(
    camera => this.#multiCamera.requestKeyframe(camera),
    KEYFRAME_INTERVAL_MS,
  );
  #devices: readonly CaptureDevice[] = [];
  #forwards = 0;
  #isClosing = false;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    const { iceSettings, events, log } = options;
    this.#multiCamera = new MultiCameraWorker({
      iceSettings,
      events,
      log,
      forward: (camera, port) =>
        new Forward(`f-${++this.#forwards}`, () => this.#workers.get(camera)?.sessions, port, options.logFor(camera)),
      // A camera that was removed meanwhile gets a section without video; the others continue.
      profileLevelId: camera => this.#workers.get(camera)?.profileLevelId ?? EXPECTED.profileLevelId ?? '',
      keyframeWanted: camera => this.#keyframes.request(camera),
    });
    this.#encoders = new EncoderMemory(options.log, () => this.#refresh());
    this.#prober = new Prober(options.log);
    this.#probed = this.#prober.encoders.then(names => this.#encoders.found(names));
  }

  machine(): Machine {
    return this.#prober.machine();
  }

  add(plan: CameraPlan): void {
    // Nothing would stop it.
    if (this.#isClosing) return;
    const { events } = this.#options;
    const worker = new CameraWorker({
      plan,
      probed: this.#probed,
      encoders: this.#encoders,
      limits: this.#options.limits,
      devices: this.#devices,
      held: this.#held,
      applyControls: this.#options.applyControls,
      iceSettings: this.#options.iceSettings,
      events,
      receiverPortChanged: port => {
        this.#multiCamera.forwardTo(plan.id, port);
        events.senderWanted(plan.id, port !== null);
      },
      requestKeyframe: () => this.#senderKeyframes.request(plan.id),
      log: this.#options.logFor(plan.id),
    });
    this.#workers.set(plan.id, worker);
    const before = this.#leaving.get(plan.id);
    if (before) void before.then(() => worker.start());
    else worker.start();
  }

  /** Removes a camera; the caller ends its sessions. */
  async remove(id: string): Promise<void> {
    const worker = this.#workers.get(id);
    this.#workers.delete(id);
    const left = Promise.all([this.#leaving.get(id), worker?.close()]).then(() => {
      if (this.#leaving.get(id) === left) this.#leaving.delete(id);
    });
    this.#leaving.set(id, left);
    await left;
  }

  /** Applies a new plan to a camera; what did not change is not interrupted, and viewers stay connected. */
  change(plan: CameraPlan): void {
    this.#worker(plan.id).change(plan);
  }

  /** Sets the V4L2 cameras that are plugged in. */
  setDevices(devices: readonly CaptureDevice[]): void {
    this.#devices = devices;
    for (const worker of this.#workers.values()) worker.setDevices(devices);
  }

  /** The limits have changed. */
  limitsChanged(): void {
    this.#refresh();
  }

  /** Cameras without supervision: there should never be any. */
  unsupervised(): string[] {
    return [...this.#workers]
      .filter(([id, worker]) => !this.#leaving.has(id) && !worker.isSupervised())
      .map(([id]) => id);
  }

  async watch(camera: string, session: string, offer: Offer, requestId: string): Promise<string> {
    return await this.#worker(camera).sessions.watch(session, offer, requestId);
  }

  async publish(camera: string, session: string, offer: Offer, requestId: string): Promise<string> {
    return await this.#worker(camera).sessions.publish(session, offer, requestId);
  }

  checkPublisher(camera: string, offer: Offer): void {
    this.#worker(camera).sessions.checkPublisher(offer);
  }

  trickle(camera: string, session: string, candidates: readonly string[]): void {
    this.#workers.get(camera)?.sessions.trickle(session, candidates);
  }

  prepareConnections(): void {
    this.#multiCamera.prepareConnections();
  }

  async offerCameras(
    connection: string,
    parts: readonly ConnectionCamera[],
    mids: readonly string[],
  ): Promise<ConnectionOffer> {
    return await this.#multiCamera.offerCameras(connection, parts, mids);
  }

  acceptAnswer(connection: string, answer: string): void {
    this.#multiCamera.acceptAnswer(connection, answer);
  }

  async receiveCameras(connection: string, parts: readonly ConnectionCamera[], offer: Offer): Promise<ConnectionOffer> {
    return await this.#multiCamera.receiveCameras(connection, parts, offer);
  }

  trickleConnection(connection: string, candidates: readonly string[]): void {
    this.#multiCamera.trickleConnection(connection, candidates);
  }

  leave(camera: string, session: string): void {
    this.#multiCamera.leave(session);
    this.#workers.get(camera)?.sessions.leave(session);
  }

  keyframe(camera: string): void {
    this.#worker(camera).keyframe();
  }

  async snapshot(camera: string): Promise<Snapshot> {
    return await this.#worker(camera).snapshot();
  }

  async refresh(everyMs: number, timeoutMs: number): Promise<void> {
    const workers = [...this.#workers.values()].map(worker => worker.refreshFreshness(everyMs, timeoutMs));
    await Promise.all([...workers, this.#multiCamera.refreshFreshness(timeoutMs)]);
  }

  freshness(camera: string): CameraFreshness | null {
    const fresh = this.#workers.get(camera)?.freshness();
    if (!fresh) return null;
    return { ...fresh, sessions: new Map([...fresh.sessions, ...this.#multiCamera.freshness(camera)]) };
  }

  async measure(): Promise<ReadonlyMap<string, CameraMeasures>> {
    const measured = [...this.#workers].map(async ([id, worker]) => [id, await worker.measure()] as const);
    return new Map(await Promise.all(measured));
  }

  async measureMultiCamera(): Promise<ProcessMeasures | null> {
    return await this.#multiCamera.measure();
  }

  async close(): Promise<void> {
    this.#isClosing = true;
    this.#keyframes.close();
    this.#senderKeyframes.close();
    await Promise.all([
      this.#multiCamera.close(),
      this.#prober.close(),
      ...[...this.#workers.values()].map(worker => worker.close()),
      ...this.#leaving.values(),
    ]);
  }

  #refresh(): void {
    for (const worker of this.#workers.values()) worker.refresh();
  }

  #worker(camera: string): CameraWorker {
    const worker = this.#workers.get(camera);
    if (!worker) throw new Error(`camera "${camera}" has no worker`);
    return worker;
  }
}
