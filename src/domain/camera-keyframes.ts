import { KeyframeThrottle } from './keyframe-throttle.js';

/** Between keyframes of one camera that are requested over HTTP. */
const SPACING_MS = 500;

/** Requests keyframes of cameras in other processes, throttled per camera. */
export class CameraKeyframes {
  readonly #send: (camera: string) => void;
  readonly #spacingMs: number;
  readonly #cameras = new Map<string, { throttle: KeyframeThrottle; timer: NodeJS.Timeout }>();

  constructor(send: (camera: string) => void, spacingMs = SPACING_MS) {
    this.#send = send;
    this.#spacingMs = spacingMs;
  }

  /** @throws Failure of the engine, if the request is not delayed */
  request(camera: string): void {
    const known = this.#cameras.get(camera);
    if (known) {
      known.throttle.request(performance.now());
      return;
    }
    this.#send(camera);
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
    const isPending = this.#cameras.get(camera)?.throttle.dueAt !== null;
    this.#cameras.delete(camera);
    if (!isPending) return;
    try {
      this.request(camera);
    } catch {
      // The camera has been closed or removed and has no next frame.
    }
  }
}
