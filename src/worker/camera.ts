import { Gst } from '../gst/native.js';
import type { FromWorker, Passthrough, ToWorkerOf, VideoFacts } from '../media/messages.js';
import { describeEncoder, ENCODERS, type Encoder } from './encoders.js';
import { CameraFailure, explain } from './failure.js';
import { lookAtStream } from './look.js';
import { OpenCamera } from './open-camera.js';
import { judgePassthrough } from './passthrough.js';

type State = 'idle' | 'opening' | 'live' | 'failed';

const FIRST_FRAME_MS = 8_000;
const REPORT_MS = 1_000;

/**
 * The camera of this process: open while it has users and for a while after. Users are viewers; a camera that fails
 * tells each of them, and the next one opens it again.
 */
export class Camera {
  readonly #config: ToWorkerOf<'configure'>;
  readonly #send: (message: FromWorker) => void;
  readonly #users = new Map<string, (failure: CameraFailure) => void>();
  #state: State = 'idle';
  #failure: CameraFailure | null = null;
  #open: { camera: OpenCamera; ready: Promise<void> } | null = null;
  #passthrough: Passthrough | null = null;
  #encoder: string | null = null;
  #video: VideoFacts | null = null;
  #judging: Promise<void> | null = null;
  #linger: NodeJS.Timeout | null = null;
  #reporter: NodeJS.Timeout | null = null;

  constructor(config: ToWorkerOf<'configure'>, send: (message: FromWorker) => void) {
    this.#config = config;
    this.#send = send;
  }

  /** Looks at the source once, so that the first viewer does not wait for it. */
  async prepare(): Promise<void> {
    try {
      await this.#judge();
    } catch (error) {
      this.#send({
        type: 'log',
        level: 'error',
        event: 'the source could not be looked at',
        fields: { error: String(error) },
      });
    }
    this.#report();
  }

  /**
   * Takes part in the open camera, opening it if need be. Resolves as soon as the pipeline runs; `ready` when its first
   * picture is there.
   * @throws CameraFailure
   */
  async use(
    user: string,
    onFailure: (failure: CameraFailure) => void,
  ): Promise<{ camera: OpenCamera; ready: Promise<void> }> {
    this.#users.set(user, onFailure);
    if (this.#linger) clearTimeout(this.#linger);
    this.#linger = null;
    // What is open needs no look at its source: a camera may allow one connection only.
    if (!this.#open) await this.#judge();
    if (this.#users.get(user) !== onFailure) {
      throw this.#failure ?? new CameraFailure('The viewer left before the camera was open.', 'Ask again.');
    }
    this.#open ??= this.#start();
    return this.#open;
  }

  release(user: string): void {
    if (!this.#users.delete(user) || this.#users.size > 0 || !this.#open) return;
    this.#linger = setTimeout(() => this.#stop('idle', null), this.#config.lingerMs);
  }

  close(): void {
    if (this.#linger) clearTimeout(this.#linger);
    this.#stop('idle', null);
  }

  /** Decides about passthrough, once however many ask at the same time. */
  #judge(): Promise<void> {
    if (this.#passthrough) return Promise.resolve();
    this.#judging ??= this.#look().finally(() => {
      this.#judging = null;
    });
    return this.#judging;
  }

  async #look(): Promise<void> {
    const { source, passthrough } = this.#config;
    if (source.type !== 'file' && source.type !== 'rtsp') {
      this.#passthrough = { active: false, reason: 'the source brings raw pictures' };
      return;
    }
    const wanted = passthrough as 'auto' | 'always' | 'never';
    const facts = wanted === 'never' ? null : await lookAtStream(source);
    const verdict = judgePassthrough(wanted, facts);
    // A network camera that was not there may bring H.264 when it is: look again at the next opening.
    if (facts || wanted === 'never' || source.type === 'file') this.#passthrough = verdict;
  }

  #start(): { camera: OpenCamera; ready: Promise<void> } {
    const { source, width, height, framerate } = this.#config;
    let camera: OpenCamera;
    try {
      const { line, name } = this.#passthrough?.active ? { line: null, name: null } : this.#chooseEncoder();
      this.#encoder = name;
      camera = new OpenCamera({
        source,
        format: { width, height, framerate },
        encoder: line,
        firstFrameMs: FIRST_FRAME_MS,
        onFailure: failure => this.#fail(failure),
      });
    } catch (error) {
      // An encoder or an element is missing.
      const failure =
        error instanceof CameraFailure
          ? error
          : explain(source, error instanceof Error ? error.message : String(error));
      this.#stop('failed', failure);
      throw failure;
    }
    this.#enter('opening', null);
    const ready = camera.firstFrame().then(
      () => {
        this.#video = camera.video();
        this.#enter('live', null);
        this.#reporter = setInterval(() => this.#report(), REPORT_MS);
      },
      (failure: CameraFailure) => {
        if (this.#open?.camera === camera) this.#fail(failure);
        throw failure;
      },
    );
    // Whoever waits for it hears of a failure; if nobody does, that is no unhandled rejection.
    ready.catch(() => undefined);
    return { camera, ready };
  }

  #chooseEncoder(): { line: string; name: string } {
    const name = this.#config.encoders[0];
    const encoder = ENCODERS.find(({ element }) => element === name);
    if (!name || !encoder) {
      throw new CameraFailure(
        'No H.264 encoder opened on this machine.',
        'Install one (Debian: gstreamer1.0-plugins-ugly); GET /api/v1/system says what was tried.',
      );
    }
    return { name, line: encoderLine(encoder, this.#config) };
  }

  #fail(failure: CameraFailure): void {
    const told = [...this.#users.values()];
    this.#users.clear();
    for (const onFailure of told) onFailure(failure);
    this.#stop('failed', failure);
  }

  #stop(state: State, failure: CameraFailure | null): void {
    if (this.#linger) clearTimeout(this.#linger);
    this.#linger = null;
    if (this.#reporter) clearInterval(this.#reporter);
    this.#reporter = null;
    const open = this.#open;
    this.#open = null;
    this.#encoder = null;
    open?.camera.close();
    this.#enter(state, failure);
  }

  #enter(state: State, failure: CameraFailure | null): void {
    this.#state = state;
    this.#failure = failure;
    this.#report();
  }

  #report(): void {
    this.#send({
      type: 'camera',
      state: this.#state,
      detail: this.#failure?.message ?? null,
      remedy: this.#failure?.remedy ?? null,
      encoder: this.#encoder,
      passthrough: this.#passthrough ?? { active: false, reason: 'the source has not been looked at yet' },
      video: this.#video ?? {},
      ...(this.#state === 'live' && this.#open ? this.#open.camera.rates() : { fps: 0, bitrate: 0 }),
    });
  }
}

/** The encoder's part of the launch line, with the properties that the installed element has. */
export function encoderLine(encoder: Encoder, settings: { bitrate: number; keyframeInterval: number }): string {
  const probe = Gst.ElementFactory.make(encoder.element, null);
  return describeEncoder(encoder, settings, property => probe !== null && property in probe);
}
