import type {
  CameraPlan,
  CameraRunner,
  CaptureDevice,
  IceAgentSettings,
  Log,
  Machine,
  MediaEngine,
  MediaEvents,
  MediaLimits,
  Pictures,
} from '../domain/ports.js';
import type { Offer } from '../protocol/offer.js';
import type { ApplyControls } from './camera-device.js';
import { CameraWorker } from './camera-worker.js';
import { EncoderMemory } from './encoder-memory.js';
import { Prober } from './prober.js';

export interface WorkerEngineOptions {
  /** What holds now. */
  limits: () => MediaLimits;
  applyControls: ApplyControls;
  /** What the servers' own ICE agents use, asked for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** A logger whose lines carry the camera. */
  logFor(camera: string): Log;
  log: Log;
}

/** The cameras, each in a process of its own, and the probe of the machine they run on. */
export class WorkerEngine implements MediaEngine, CameraRunner, Pictures {
  readonly #options: WorkerEngineOptions;
  readonly #workers = new Map<string, CameraWorker>();
  /** Those that were taken away and have not ended yet, by their cameras: a device opens once. */
  readonly #leaving = new Map<string, Promise<void>>();
  readonly #prober: Prober;
  readonly #encoders: EncoderMemory;
  readonly #probed: Promise<void>;
  #devices: readonly CaptureDevice[] = [];

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#encoders = new EncoderMemory(options.log, () => this.#refresh());
    this.#prober = new Prober(options.log);
    this.#probed = this.#prober.encoders.then(names => this.#encoders.found(names));
  }

  machine(): Machine {
    return this.#prober.machine();
  }

  add(plan: CameraPlan, events: MediaEvents): void {
    const worker = new CameraWorker({
      plan,
      probed: this.#probed,
      encoders: this.#encoders,
      limits: this.#options.limits,
      devices: this.#devices,
      applyControls: this.#options.applyControls,
      iceSettings: this.#options.iceSettings,
      events,
      log: this.#options.logFor(plan.id),
    });
    this.#workers.set(plan.id, worker);
    const before = this.#leaving.get(plan.id);
    if (before) void before.then(() => worker.start());
    else worker.start();
  }

  /** Takes a camera away; its sessions are whoever calls's to end. */
  async remove(id: string): Promise<void> {
    const worker = this.#workers.get(id);
    this.#workers.delete(id);
    const left = Promise.all([this.#leaving.get(id), worker?.close()]).then(() => {
      if (this.#leaving.get(id) === left) this.#leaving.delete(id);
    });
    this.#leaving.set(id, left);
    await left;
  }

  /** Makes a camera what the plan says now; what did not change is not disturbed, and viewers stay. */
  change(plan: CameraPlan): void {
    this.#worker(plan.id).change(plan);
  }

  /** The V4L2 cameras that are plugged in by now. */
  setDevices(devices: readonly CaptureDevice[]): void {
    this.#devices = devices;
    for (const worker of this.#workers.values()) worker.setDevices(devices);
  }

  /** Other limits hold now. */
  limitsChanged(): void {
    this.#refresh();
  }

  /** Cameras that nobody looks after any more: there should never be any. */
  unsupervised(): string[] {
    return [...this.#workers]
      .filter(([id, worker]) => !this.#leaving.has(id) && !worker.isSupervised())
      .map(([id]) => id);
  }

  async watch(camera: string, session: string, offer: Offer): Promise<string> {
    return await this.#worker(camera).watch(session, offer);
  }

  async publish(camera: string, session: string, offer: Offer): Promise<string> {
    return await this.#worker(camera).publish(session, offer);
  }

  checkPublisher(camera: string, offer: Offer): void {
    this.#worker(camera).checkPublisher(offer);
  }

  trickle(camera: string, session: string, candidates: readonly string[]): void {
    this.#workers.get(camera)?.trickle(session, candidates);
  }

  leave(camera: string, session: string): void {
    this.#workers.get(camera)?.leave(session);
  }

  keyframe(camera: string): void {
    this.#worker(camera).keyframe();
  }

  async snapshot(camera: string): Promise<Uint8Array> {
    return await this.#worker(camera).still();
  }

  async close(): Promise<void> {
    await Promise.all([
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
