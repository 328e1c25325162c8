import { KeyframeThrottle } from './keyframe-throttle.js';

/** From one keyframe of a camera to the next, of those that are asked for over HTTP. */
const SPACING_MS = 500;

/** Keyframes of cameras that are in other processes: asks for them, each camera's spaced by a throttle of its own. */
export class CameraKeyframes {
  readonly #make: (camera: string) => void;
  readonly #spacingMs: number;
  readonly #cameras = new Map<string, { throttle: KeyframeThrottle; timer: NodeJS.Timeout }>();

  constructor(make: (camera: string) => void, spacingMs = SPACING_MS) {
    this.#make = make;
    this.#spacingMs = spacingMs;
  }

  /** @throws Failure of the engine, if it is met at once */
  ask(camera: string): void {
    const known = this.#cameras.get(camera);
    if (known) {
      known.throttle.request(performance.now());
      return;
    }
    this.#make(camera);
    const throttle = new KeyframeThrottle({ spacingMs: this.#spacingMs });
    throttle.request(performance.now());
    const timer = setTimeout(() => this.#forget(camera), this.#spacingMs).unref();
    this.#cameras.set(camera, { throttle, timer });
  }

  close(): void {
    for (const { timer } of this.#cameras.values()) clearTimeout(timer);
    this.#cameras.clear();
  }

  #forget(camera: string): void {
    const isAsked = this.#cameras.get(camera)?.throttle.dueAt !== null;
    this.#cameras.delete(camera);
    if (!isAsked) return;
    try {
      this.ask(camera);
    } catch {
      // It was closed or removed meanwhile, and has no next frame.
    }
  }
}
