/** From one keyframe of a camera to the next, of those that are asked for over HTTP. */
const RATION_MS = 500;

/**
 * Spaces the keyframes that a camera is asked for, as a keyframe is ten times as large as another picture and all
 * viewers get it. The first request is met at once; those that come before the next one is due are met by that one.
 */
export class KeyframeRation {
  readonly #make: (camera: string) => void;
  readonly #rationMs: number;
  /** Until when a camera's next one waits, and whether one was asked for meanwhile. */
  readonly #waiting = new Map<string, { timer: NodeJS.Timeout; asked: boolean }>();

  constructor(make: (camera: string) => void, rationMs = RATION_MS) {
    this.#make = make;
    this.#rationMs = rationMs;
  }

  /** @throws Failure of the engine, if it is met at once */
  ask(camera: string): void {
    const waiting = this.#waiting.get(camera);
    if (waiting !== undefined) {
      waiting.asked = true;
      return;
    }
    this.#make(camera);
    const timer = setTimeout(() => this.#due(camera), this.#rationMs).unref();
    this.#waiting.set(camera, { timer, asked: false });
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
  }

  #due(camera: string): void {
    const asked = this.#waiting.get(camera)?.asked;
    this.#waiting.delete(camera);
    if (asked !== true) return;
    try {
      this.ask(camera);
    } catch {
      // It was closed or removed meanwhile, and has no next picture.
    }
  }
}
