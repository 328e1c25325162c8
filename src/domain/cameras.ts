import type { Camera } from './contract.js';
import type { EventBus } from './events.js';
import { Failure } from './failure.js';
import type { CameraPlan, CameraStatus } from './ports.js';
import { showSource } from './source.js';

/** How a camera is before its worker has said anything. */
export const NOT_STARTED: CameraStatus = {
  state: 'starting',
  notices: [],
  lostSince: null,
  device: null,
  capture: null,
  encoder: null,
  passthrough: { active: false, reason: 'the source has not been looked at yet' },
  fps: 0,
  bitrate: 0,
  video: null,
  audio: null,
  renditions: [],
  publisher: null,
  restarts: 0,
};

/** The cameras of this robot, in the order of the configuration. */
export class Cameras {
  readonly #cameras = new Map<string, { plan: CameraPlan; status: CameraStatus }>();
  readonly #events: EventBus;
  readonly #viewersOf: (camera: string) => number;

  /** @param viewersOf how many viewers a camera has */
  constructor(events: EventBus, viewersOf: (camera: string) => number) {
    this.#events = events;
    this.#viewersOf = viewersOf;
  }

  add(plan: CameraPlan): void {
    this.#cameras.set(plan.id, { plan, status: NOT_STARTED });
    this.#events.emit('cameraAdded', { camera: plan.id });
  }

  /** Takes a camera out of the list. Nothing happens if it is not there. */
  remove(id: string): void {
    if (this.#cameras.delete(id)) this.#events.emit('cameraRemoved', { camera: id });
  }

  update(id: string, status: CameraStatus): void {
    const camera = this.#cameras.get(id);
    if (!camera) return;
    camera.status = status;
    this.#events.emit('cameraChanged', { camera: id, status });
  }

  list(): Camera[] {
    return [...this.#cameras.values()].map(camera => this.#show(camera));
  }

  /**
   * @param visible the cameras whose names whoever asks may learn
   * @throws Failure unknown-camera
   */
  get(id: string, visible: (camera: string) => boolean = () => false): Camera {
    const camera = this.#cameras.get(id);
    if (!camera) {
      const known = [...this.#cameras.keys()].filter(visible).join(', ');
      throw new Failure('unknown-camera', `There is no camera "${id.slice(0, 63)}".`, {
        remedy: known === '' ? 'GET /api/v1/cameras lists those that a token may see.' : `The cameras are: ${known}.`,
      });
    }
    return this.#show(camera);
  }

  #show({ plan, status }: { plan: CameraPlan; status: CameraStatus }): Camera {
    return {
      id: plan.id,
      name: plan.name,
      source: showSource(plan.source),
      settings: plan.settings,
      ...status,
      viewers: this.#viewersOf(plan.id),
      links: {
        whep: `/whep/${plan.id}`,
        ...(plan.source.type === 'whip' ? { whip: `/whip/${plan.id}` } : {}),
      },
    };
  }
}
