import type { CameraPlan, CameraStatus } from './camera-plan.js';
import type { Camera } from './contract.js';
import type { EventBus } from './events.js';
import { Failure } from './failure.js';
import { redact, showSource } from './source.js';

/** A camera's status before the first report of its worker. */
export const NOT_STARTED: CameraStatus = {
  state: 'starting',
  notices: [],
  lostSince: null,
  device: null,
  capture: null,
  encoder: null,
  passthrough: { active: false, reason: 'the source has not been probed yet' },
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
  #cameras = new Map<string, { plan: CameraPlan; status: CameraStatus }>();
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

  /** Removes a camera from the list. Nothing happens if it is not there. */
  remove(id: string): void {
    if (this.#cameras.delete(id)) this.#events.emit('cameraRemoved', { camera: id });
  }

  /** Its configuration has changed. Nothing happens if it is not there. */
  change(plan: CameraPlan): void {
    const camera = this.#cameras.get(plan.id);
    if (!camera) return;
    camera.plan = plan;
    this.#events.emit('cameraChanged', { camera: plan.id, status: camera.status });
  }

  /** Sets the order of the list. @param ids of all cameras */
  order(ids: readonly string[]): void {
    const before = [...this.#cameras.keys()];
    this.#cameras = new Map(
      ids.flatMap(id => {
        const camera = this.#cameras.get(id);
        return camera ? [[id, camera] as const] : [];
      }),
    );
    const cameras = [...this.#cameras.keys()];
    if (cameras.join() !== before.join()) this.#events.emit('camerasOrdered', { cameras });
  }

  /** Whether it is in no configuration: it lives as long as its sender. */
  isEphemeral(id: string): boolean {
    return this.#cameras.get(id)?.plan.source.type === 'forwarded';
  }

  plans(): CameraPlan[] {
    return [...this.#cameras.values()].map(({ plan }) => plan);
  }

  /** Whether viewers are currently sent the source's own stream. */
  isPassthrough(id: string): boolean {
    const status = this.#cameras.get(id)?.status;
    return status?.state === 'live' && status.passthrough.active;
  }

  update(id: string, status: CameraStatus): void {
    const camera = this.#cameras.get(id);
    if (!camera) return;
    camera.status = status;
    this.#events.emit('cameraChanged', { camera: id, status });
  }

  /** @param whole the cameras whose `gst` launch line the client may see */
  list(whole: (camera: string) => boolean = () => false): Camera[] {
    return [...this.#cameras.values()].map(camera => this.#show(camera, whole));
  }

  /**
   * @param visible the cameras whose names the client may learn
   * @param whole as for `list`
   * @throws Failure unknown-camera
   */
  get(
    id: string,
    visible: (camera: string) => boolean = () => false,
    whole: (camera: string) => boolean = () => false,
  ): Camera {
    const camera = this.#cameras.get(id);
    if (!camera) {
      const known = [...this.#cameras.keys()].filter(visible).join(', ');
      throw new Failure('unknown-camera', `There is no camera "${id.slice(0, 63)}".`, {
        remedy: known === '' ? 'GET /api/v1/cameras lists those that a token may see.' : `The cameras are: ${known}.`,
      });
    }
    return this.#show(camera, whole);
  }

  #show({ plan, status }: { plan: CameraPlan; status: CameraStatus }, whole: (camera: string) => boolean): Camera {
    // A launch line can contain anything, including secrets.
    const hidden = plan.source.type === 'gst' && !whole(plan.id);
    return {
      id: plan.id,
      name: plan.name,
      source: hidden ? 'gst' : redact(showSource(plan.source)),
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
