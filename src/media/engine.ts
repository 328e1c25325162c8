import { Failure } from '../domain/failure.js';
import type {
  CameraPlan,
  IceAgentSettings,
  Log,
  Machine,
  MediaEngine,
  MediaEvents,
  Pictures,
} from '../domain/ports.js';
import type { Offer } from '../protocol/offer.js';
import { CameraWorker } from './camera-worker.js';
import type { Device } from './messages.js';
import { Prober } from './prober.js';

export interface WorkerEngineOptions {
  /** How long a camera stays open after its last viewer. */
  lingerMs: number;
  /** What the servers' own ICE agents use, asked for each session. @throws Failure */
  iceSettings: () => IceAgentSettings;
  /** A logger whose lines carry the camera. */
  logFor(camera: string): Log;
  log: Log;
}

/** The cameras, each in a process of its own, and the probe of the machine they run on. */
export class WorkerEngine implements MediaEngine, Pictures {
  readonly #options: WorkerEngineOptions;
  readonly #workers = new Map<string, CameraWorker>();
  readonly #prober: Prober;

  constructor(options: WorkerEngineOptions) {
    this.#options = options;
    this.#prober = new Prober(options.log);
  }

  /** The V4L2 devices that are plugged in. */
  devices(): Promise<readonly Device[]> {
    return this.#prober.devices;
  }

  machine(): Machine {
    return this.#prober.machine();
  }

  add(plan: CameraPlan, events: MediaEvents): void {
    const worker = new CameraWorker({
      plan,
      encoders: this.#prober.encoders,
      lingerMs: this.#options.lingerMs,
      iceSettings: this.#options.iceSettings,
      events,
      log: this.#options.logFor(plan.id),
    });
    this.#workers.set(plan.id, worker);
    worker.start();
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

  keyframe(camera: string): void {
    throw new Failure('camera-unavailable', `Camera "${camera}" makes no single pictures.`);
  }

  async snapshot(camera: string): Promise<Uint8Array> {
    throw new Failure('camera-unavailable', `Camera "${camera}" makes no single pictures.`);
  }

  leave(camera: string, session: string): void {
    this.#workers.get(camera)?.leave(session);
  }

  #worker(camera: string): CameraWorker {
    const worker = this.#workers.get(camera);
    if (!worker) throw new Error(`camera "${camera}" has no worker`);
    return worker;
  }

  async close(): Promise<void> {
    await Promise.all([this.#prober.close(), ...[...this.#workers.values()].map(worker => worker.close())]);
  }
}
